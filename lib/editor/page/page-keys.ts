/** The action of a key for the whole page. */
export type PageKey = 'save' | 'share' | 'shortcuts' | 'next-region'

type Key = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing' | 'getModifierState'
>

/**
 * Returns the page shortcut of a key event. Null for any other key, while composing, and with AltGr (which types
 * characters).
 */
export function pageKey(event: Key): PageKey | null {
  if (event.isComposing || event.getModifierState('AltGraph')) return null
  if (event.key === 'F6' && !event.ctrlKey && !event.metaKey && !event.altKey) return 'next-region'
  const mod = event.ctrlKey !== event.metaKey
  if (!mod || event.shiftKey) return null
  if (event.code === 'KeyS') return event.altKey ? 'share' : 'save'
  return event.key === '/' && !event.altKey ? 'shortcuts' : null
}

/** Moves the focus to the next part of the page (header, toolbar, text), wrapping around. */
export function nextRegion(): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]:not([hidden])')].filter(
    (region) => firstStop(region) !== null,
  )
  const current = regions.findIndex((region) => region.contains(document.activeElement))
  const next = regions[(current + 1) % regions.length]
  if (next) firstStop(next)?.focus()
}

function firstStop(region: HTMLElement): HTMLElement | null {
  return region.querySelector<HTMLElement>(
    '.writing, a[href], button:not([tabindex="-1"]), input, [tabindex="0"]',
  )
}
