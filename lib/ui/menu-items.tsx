'use client'

import type { ReactNode } from 'react'
import { CheckIcon } from './icons.tsx'
import { keyNames } from './key-names.ts'

/* The parts of a menu (Popover with `kind="menu"`): commands, links, choices. A line between groups is an `<hr>`. */

interface MenuItemProps {
  readonly children: ReactNode
  /** A sign before the words, 16 px. */
  readonly sign?: ReactNode
  /** The shortcut that does the same, as `keyNames` reads it. */
  readonly keys?: string
  /** Set for a command that switches something on and off. */
  readonly checked?: boolean
  readonly isDanger?: boolean
  /** True if the window shows the same elsewhere unless it is narrow. */
  readonly isNarrowOnly?: boolean
  readonly onChoose: () => void
}

/** A command of a menu. */
export function MenuItem({ children, sign, keys, checked, isDanger, isNarrowOnly, onChoose }: MenuItemProps) {
  const look = `menu-item${isDanger ? ' menu-danger' : ''}${isNarrowOnly ? ' menu-narrow' : ''}`
  return (
    <button
      type="button"
      {...(checked === undefined
        ? { role: 'menuitem' }
        : { role: 'menuitemcheckbox', 'aria-checked': checked })}
      className={look}
      onClick={onChoose}
    >
      <span className="menu-sign">{sign}</span>
      {children}
      {keys === undefined ? null : <kbd>{keyNames(keys)}</kbd>}
    </button>
  )
}

interface MenuLinkProps {
  readonly children: ReactNode
  readonly href: string
  readonly onChoose: () => void
}

/** An entry of a menu that leads to another page. */
export function MenuLink({ children, href, onChoose }: MenuLinkProps) {
  return (
    <a role="menuitem" className="menu-item" href={href} onClick={onChoose}>
      <span className="menu-sign" />
      {children}
    </a>
  )
}

interface MenuChoicesProps<Choice extends string> {
  readonly label: string
  readonly choices: readonly Choice[]
  readonly chosen: Choice
  readonly onChoose: (choice: Choice) => void
  readonly children: (choice: Choice) => ReactNode
}

/** A group of choices under its heading in a menu. */
export function MenuChoices<Choice extends string>({
  label,
  choices,
  chosen,
  onChoose,
  children,
}: MenuChoicesProps<Choice>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has no place in a menu
    <div role="group" aria-label={label}>
      <p className="menu-heading" aria-hidden="true">
        {label}
      </p>
      {choices.map((choice) => (
        <MenuChoice key={choice} chosen={choice === chosen} onChoose={() => onChoose(choice)}>
          {children(choice)}
        </MenuChoice>
      ))}
    </div>
  )
}

interface MenuChoiceProps {
  readonly chosen: boolean
  readonly onChoose: () => void
  readonly children: ReactNode
}

/** A choice of a menu, marked if it is selected. */
export function MenuChoice({ chosen, onChoose, children }: MenuChoiceProps) {
  return (
    <button type="button" role="menuitemradio" aria-checked={chosen} className="menu-item" onClick={onChoose}>
      <span className="menu-sign">{chosen ? <CheckIcon size={15} /> : null}</span>
      {children}
    </button>
  )
}
