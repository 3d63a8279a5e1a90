import type { KeyboardEvent } from 'react'

/** The keys that lead back and forth along a list, by the direction it runs in. */
const ARROWS = {
  vertical: { ArrowUp: -1, ArrowDown: 1 },
  horizontal: { ArrowLeft: -1, ArrowRight: 1 },
} as const satisfies Record<string, Readonly<Record<string, number>>>

/**
 * Moves the focus among the items of a menu, listbox or toolbar: arrow keys step and wrap around, Home and End lead to the
 * ends (WAI-ARIA Authoring Practices, roving tabindex). Other keys do nothing.
 */
export function moveFocus(
  event: KeyboardEvent,
  items: readonly HTMLElement[],
  direction: keyof typeof ARROWS,
): void {
  const target =
    items[
      indexAfter(event.key, items.indexOf(document.activeElement as HTMLElement), items.length, direction)
    ]
  if (!target) return
  event.preventDefault()
  target.focus()
}

/** Returns the index that `key` leads to, or -1 for keys that lead nowhere. `from` is -1 if no item has the focus. */
export function indexAfter(key: string, from: number, count: number, direction: keyof typeof ARROWS): number {
  if (count === 0) return -1
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  const steps: Readonly<Record<string, number>> = ARROWS[direction]
  const step = steps[key]
  if (step === undefined) return -1
  return from < 0 ? (step > 0 ? 0 : count - 1) : (from + step + count) % count
}
