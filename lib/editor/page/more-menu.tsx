'use client'

import { DotsIcon } from '#lib/ui/icons.tsx'
import { useLanguage, useWords } from '#lib/ui/interface.tsx'
import { Later, laterPart } from '#lib/ui/loaded-later.tsx'
import { MenuChoices, MenuItem, MenuLink } from '#lib/ui/menu-items.tsx'
import { Popover } from '#lib/ui/overlays.tsx'
import { keepTheme, THEMES, type Theme } from '#lib/ui/preferences.ts'
import { LANGUAGE_NAMES, LANGUAGES } from '#lib/ui/words/language.ts'
import type { TextOutProps } from '../saving/text-out-items.tsx'
import { type AccountOffer, accountPath } from './account-offer.ts'

const textOutItems = laterPart(async () => {
  const [{ TextOutItems }, { prepare }] = await Promise.all([
    import('../saving/text-out-items.tsx'),
    import('../saving/text-out.ts'),
  ])
  await prepare()
  return TextOutItems
})

/** Starts loading the entries that are not loaded with the page. */
export function prepareMenu(): void {
  textOutItems.prepare()
}

/** Closes the menu, then acts: what is opened gets the focus. */
type Choose = (act: () => void) => () => void

interface MoreMenuProps extends TextOutProps {
  readonly theme: Theme
  /** The way to an account that a guest is offered; null for a user who has one. */
  readonly offer: AccountOffer | null
  readonly onTheme: (theme: Theme) => void
  readonly onShortcuts: () => void
  readonly onCount: () => void
  /** Puts the caret into the title. Null if there is one to click on, or none may be set. */
  readonly onTitle: (() => void) | null
  /** Opens the form for the person's own name. Null before they have one. */
  readonly onProfile: (() => void) | null
  /** Null if this user may not delete the document. */
  readonly onDelete: (() => void) | null
}

/** The ⋯ menu, in groups: the text of the document, the interface, and the rest. */
export function MoreMenu(props: MoreMenuProps) {
  const words = useWords()
  return (
    <Popover label={words.more} kind="menu" button={<DotsIcon size={20} />}>
      {(close) => {
        const choose: Choose = (act) => () => {
          close()
          act()
        }
        return (
          <>
            <DocumentGroup {...props} choose={choose} />
            <hr />
            <InterfaceGroup {...props} choose={choose} />
            <hr />
            <HelpGroup {...props} choose={choose} />
          </>
        )
      }}
    </Popover>
  )
}

type GroupProps = MoreMenuProps & { readonly choose: Choose }

/** Ways of the text out of the page, and about it. */
function DocumentGroup({ onTitle, onCount, choose, ...props }: GroupProps) {
  const words = useWords()
  return (
    <>
      {onTitle ? <MenuItem onChoose={choose(onTitle)}>{words.addTitle}</MenuItem> : null}
      <MenuItem keys="Mod+P" onChoose={choose(() => window.print())}>
        {words.print}
      </MenuItem>
      <MenuItem isNarrowOnly onChoose={choose(onCount)}>
        {words.count.title}
      </MenuItem>
      <Later part={textOutItems} props={{ ...props, choose }} />
    </>
  )
}

/** Language and appearance. */
function InterfaceGroup({ theme, onTheme, choose }: GroupProps) {
  const words = useWords()
  const { language, setLanguage } = useLanguage()
  return (
    <>
      <MenuChoices
        label={words.language}
        choices={LANGUAGES}
        chosen={language}
        onChoose={(choice) => choose(() => setLanguage(choice))()}
      >
        {(choice) => <span lang={choice}>{LANGUAGE_NAMES[choice]}</span>}
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
    </>
  )
}

/** Own name, shortcuts, account, delete. */
function HelpGroup({ offer, onProfile, onShortcuts, onDelete, choose }: GroupProps) {
  const words = useWords()
  return (
    <>
      {onProfile ? (
        <MenuItem isNarrowOnly onChoose={choose(onProfile)}>
          {words.profile}
        </MenuItem>
      ) : null}
      <MenuItem keys="Mod+/" onChoose={choose(onShortcuts)}>
        {words.shortcuts}
      </MenuItem>
      <MenuLink href={accountPath(offer ? 'sign-in' : 'account')} onChoose={choose(() => undefined)}>
        {offer === null ? words.account : offer === 'sign-up' ? words.signInOrUp : words.access.signIn}
      </MenuLink>
      {onDelete ? (
        <MenuItem isDanger onChoose={choose(onDelete)}>
          {words.deleteDocument}
        </MenuItem>
      ) : null}
    </>
  )
}
