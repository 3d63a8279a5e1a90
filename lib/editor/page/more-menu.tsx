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
  /** null: this person may not delete the document. */
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
            {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has no place in a menu */}
            <div role="group" aria-label={words.language}>
              <p className="menu-heading" aria-hidden="true">
                {words.language}
              </p>
              {LANGUAGES.map((choice) => (
                <MenuChoice
                  key={choice}
                  chosen={choice === language}
                  onChoose={choose(() => setLanguage(choice))}
                >
                  <span lang={choice}>{wordsIn(choice).languageName}</span>
                </MenuChoice>
              ))}
            </div>
            {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has no place in a menu */}
            <div role="group" aria-label={words.theme}>
              <p className="menu-heading" aria-hidden="true">
                {words.theme}
              </p>
              {THEMES.map((choice) => (
                <MenuChoice
                  key={choice}
                  chosen={choice === theme}
                  onChoose={choose(() => {
                    keepTheme(choice)
                    onTheme(choice)
                  })}
                >
                  {words.themes[choice]}
                </MenuChoice>
              ))}
            </div>
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

/** The account, or for a guest the way to one, which comes back here by the fragment. */
function accountPath(): string {
  return `${pathOf({ to: 'account' })}#${addressIn(location.pathname) ?? ''}`
}

interface MenuChoiceProps {
  readonly chosen: boolean
  readonly onChoose: () => void
  readonly children: React.ReactNode
}

/** One of several, of which one is in force. */
export function MenuChoice({ chosen, onChoose, children }: MenuChoiceProps) {
  return (
    <button type="button" role="menuitemradio" aria-checked={chosen} className="menu-item" onClick={onChoose}>
      <span className="menu-sign">{chosen ? <CheckIcon size={15} /> : null}</span>
      {children}
    </button>
  )
}
