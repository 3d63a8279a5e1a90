'use client'

import { addressIn, pathOf } from '#lib/protocol/urls.ts'
import { CheckIcon, DotsIcon } from '#lib/ui/icons.tsx'
import { useLanguage, useWords } from '#lib/ui/interface.tsx'
import { Popover } from '#lib/ui/overlays.tsx'
import { keepTheme, THEMES, type Theme } from '#lib/ui/preferences.ts'
import { LANGUAGES } from '#lib/ui/words/language.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'

interface MoreMenuProps {
  readonly theme: Theme
  readonly onTheme: (theme: Theme) => void
  readonly onShortcuts: () => void
  /** Null if this user may not delete the document. */
  readonly onDelete: (() => void) | null
}

/** The ⋯ menu: language, appearance, shortcuts, delete. */
export function MoreMenu({ theme, onTheme, onShortcuts, onDelete }: MoreMenuProps) {
  const words = useWords()
  const { language, setLanguage } = useLanguage()
  return (
    <Popover label={words.more} kind="menu" button={<DotsIcon size={20} />}>
      {(close) => {
        const choose = (act: () => void) => () => {
          close()
          act()
        }
        return (
          <>
            <MenuChoices
              label={words.language}
              choices={LANGUAGES}
              chosen={language}
              onChoose={(choice) => choose(() => setLanguage(choice))()}
            >
              {(choice) => <span lang={choice}>{wordsIn(choice).languageName}</span>}
            </MenuChoices>
            <MenuChoices
              label={words.theme}
              choices={THEMES}
              chosen={theme}
              onChoose={(choice) =>
                choose(() => {
                  keepTheme(choice)
                  onTheme(choice)
                })()
              }
            >
              {(choice) => words.themes[choice]}
            </MenuChoices>
            <hr />
            <button type="button" role="menuitem" className="menu-item" onClick={choose(onShortcuts)}>
              <span className="menu-sign" />
              {words.shortcuts}
              <kbd>Ctrl /</kbd>
            </button>
            <a role="menuitem" className="menu-item" href={accountPath()} onClick={close}>
              <span className="menu-sign" />
              {words.account}
            </a>
            {onDelete ? (
              <button
                type="button"
                role="menuitem"
                className="menu-item menu-danger"
                onClick={choose(onDelete)}
              >
                <span className="menu-sign" />
                {words.deleteDocument}
              </button>
            ) : null}
          </>
        )
      }}
    </Popover>
  )
}

/** Returns the path of the account page. Guests sign in there; the fragment brings them back here. */
function accountPath(): string {
  return `${pathOf({ to: 'account' })}#${addressIn(location.pathname) ?? ''}`
}

interface MenuChoicesProps<Choice extends string> {
  readonly label: string
  readonly choices: readonly Choice[]
  readonly chosen: Choice
  readonly onChoose: (choice: Choice) => void
  readonly children: (choice: Choice) => React.ReactNode
}

/** A group of choices under its heading in a menu. */
function MenuChoices<Choice extends string>({
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
  readonly children: React.ReactNode
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
