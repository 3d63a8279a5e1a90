'use client'

import {
  type KeyboardEvent,
  type ReactNode,
  type ToggleEvent,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { CloseIcon } from './icons.tsx'
import { useWords } from './interface.tsx'
import { moveFocus } from './roving-focus.ts'

/*
 * The overlays, built on browser features: popovers (light dismiss, Esc, top layer) and modal dialogs (focus kept
 * inside, the rest inert). On a phone both are sheets at the bottom edge.
 */

interface PopoverProps {
  /** The content of the button, and its label. */
  readonly button: ReactNode
  readonly label: string
  readonly buttonClass?: string
  /** The kind of surface that opens: a list of commands, or a small page of its own. */
  readonly kind?: 'menu' | 'dialog'
  readonly align?: 'start' | 'end'
  readonly children: (close: () => void) => ReactNode
  readonly tabIndex?: number
}

/** A button and the surface that it opens beneath itself. */
export function Popover({
  button,
  label,
  buttonClass = 'icon-button',
  kind = 'dialog',
  align = 'end',
  children,
  tabIndex,
}: PopoverProps) {
  const id = useId()
  const opener = useRef<HTMLButtonElement>(null)
  const surface = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)

  const place = (event: ToggleEvent<HTMLDivElement>) => {
    if (event.newState === 'open' && opener.current && surface.current)
      placeBeside(opener.current.getBoundingClientRect(), surface.current, align)
  }
  const toggled = (event: ToggleEvent<HTMLDivElement>) => {
    setOpen(event.newState === 'open')
  }
  // The content now exists: focus the selected item, otherwise the first item.
  useEffect(() => {
    if (!open) return
    const inside = surface.current
    const first =
      inside?.querySelector<HTMLElement>('[aria-checked="true"]') ??
      inside?.querySelector<HTMLElement>('a, button, input, [tabindex="0"]')
    ;(first ?? inside)?.focus()
  }, [open])
  return (
    <>
      <button
        ref={opener}
        type="button"
        className={buttonClass}
        popoverTarget={id}
        aria-label={label}
        title={label}
        aria-haspopup={kind}
        aria-expanded={open}
        tabIndex={tabIndex}
        onMouseDown={kind === 'menu' ? keepFocus : undefined}
      >
        {button}
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its role is menu or dialog */}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is menu or dialog */}
      <div
        ref={surface}
        id={id}
        popover="auto"
        role={kind}
        aria-label={label}
        tabIndex={-1}
        className={`popover popover-${kind}`}
        onBeforeToggle={place}
        onToggle={toggled}
        onKeyDown={kind === 'menu' ? moveInMenu : undefined}
      >
        {open ? children(() => surface.current?.hidePopover()) : null}
      </div>
    </>
  )
}

/** Keeps the caret where it is when a toolbar button is pressed. */
export function keepFocus(event: { preventDefault(): void }): void {
  event.preventDefault()
}

/** Places the surface below its button, or above it if there is more room there. */
function placeBeside(anchor: DOMRect, surface: HTMLElement, align: 'start' | 'end'): void {
  const [gap, margin] = [6, 8]
  const below = window.innerHeight - anchor.bottom - gap - margin
  const above = anchor.top - gap - margin
  const under = below >= above
  const right = document.documentElement.clientWidth - anchor.right
  const place = (name: string, value: number | null) =>
    surface.style.setProperty(name, value === null ? 'auto' : `${Math.max(margin, value)}px`)
  place('--from-top', under ? anchor.bottom + gap : null)
  place('--from-bottom', under ? null : window.innerHeight - anchor.top + gap)
  place('--from-left', align === 'start' ? anchor.left : null)
  place('--from-right', align === 'end' ? right : null)
  place('--room', Math.max(below, above))
}

function moveInMenu(event: KeyboardEvent<HTMLDivElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role^="menuitem"]')]
  // Some are only in narrow windows.
  moveFocus(
    event,
    items.filter((item) => item.checkVisibility()),
    'vertical',
  )
}

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A modal dialog, open while it is rendered. The focus begins at its element with `autoFocus`. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const words = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const element = dialog.current
    if (!element) return
    const before = document.activeElement
    element.showModal()
    element.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      element.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard closes a modal dialog with Esc, by itself
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={heading}
      onCancel={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
    >
      <div className="dialog-inside">
        <div className="dialog-head">
          <h2 id={heading}>{title}</h2>
          <button
            type="button"
            className="icon-button"
            aria-label={words.close}
            title={words.close}
            onClick={onClose}
          >
            <CloseIcon />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
