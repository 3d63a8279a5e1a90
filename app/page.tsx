import './css/front.css'

import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import type { RecentDocument } from '#lib/library/contract.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { BookIcon, DownIcon, HalfIcon, TrashIcon } from '#lib/ui/icons.tsx'
import { THEMES } from '#lib/ui/preferences.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { type FrontWords, frontWordsIn } from '#lib/ui/words/front-words.ts'
import { LANGUAGES } from '#lib/ui/words/language.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'
import { Notices } from './notices.tsx'
import { Question } from './question.tsx'
import { AccountChip } from './site-frame.tsx'
import { timeAgo } from './time-ago.ts'
import { Trash } from './trash.tsx'
import { TwoCarets } from './two-carets.tsx'
import { currentVisitor, type Visitor } from './visitor.ts'

interface FrontPageProps {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** The front page: plain forms and links, complete without JavaScript. */
export default async function FrontPage({ searchParams }: FrontPageProps) {
  const visitor = await currentVisitor()
  const { words } = visitor
  const session = await services().sessions.of(await headers())
  const recent = session ? await services().documents.recent(session) : []
  const trash = session ? await services().documents.trash(session) : []
  const account = accountWordsIn(visitor.language)
  const front = frontWordsIn(visitor.language)
  const mayCreate = session ? session.mayCreate : services().sessions.guests === 'create'
  const openFailed = (await searchParams).open === 'unknown'
  return (
    <div className="front">
      <header>
        <div className="front-bar">
          <span className="front-name">
            <BookIcon size={24} />
            {words.product}
          </span>
          <div className="front-bar-end">
            <Preferences visitor={visitor} />
            <AccountChip visitor={visitor} session={session} />
          </div>
        </div>
        <Notices visitor={visitor} session={session} />
      </header>
      <main className={recent.length + trash.length > 0 ? 'front-listing' : 'front-first'}>
        <div className="front-hero">
          <div>
            <h1>
              {front.heroLines.map((line) => (
                <span key={line}>{line} </span>
              ))}
            </h1>
            <p className="front-lead">
              {services().sessions.guests === 'create' ? front.lead : account.leadWithAccounts}
            </p>
            <div className="front-actions">
              {mayCreate ? (
                <form method="post" action={pathOf({ to: 'api', path: 'documents' })}>
                  <button type="submit" className="button button-hero">
                    {front.start}
                  </button>
                </form>
              ) : (
                <a className="button button-hero" href={pathOf({ to: 'sign-in' })}>
                  {account.signInToStart}
                </a>
              )}
              <form className="front-open" method="post" action={pathOf({ to: 'api', path: 'open' })}>
                <input
                  className="field"
                  name="link"
                  type="text"
                  inputMode="url"
                  required
                  autoComplete="off"
                  spellCheck={false}
                  aria-label={front.openLabel}
                  placeholder={front.openPlaceholder}
                  aria-invalid={openFailed || undefined}
                  aria-describedby={openFailed ? 'open-failed' : undefined}
                />
                <button type="submit" className="button button-quiet">
                  {front.open}
                </button>
              </form>
            </div>
            {openFailed ? (
              <p id="open-failed" className="note note-error" role="alert">
                {front.openFailed}
              </p>
            ) : null}
          </div>
          <TwoCarets words={front.picture} />
        </div>
        {recent.length + trash.length > 0 ? null : <Facts words={front} />}
        {recent.length > 0 ? <Recent documents={recent} visitor={visitor} /> : null}
        {trash.length > 0 ? <Trash documents={trash} visitor={visitor} /> : null}
      </main>
      <footer className="front-foot">
        <span>{front.footer}</span>
        <nav aria-label={front.footer}>
          <a href={pathOf({ to: 'help' })}>{front.links.help}</a>
          <a href={`${pathOf({ to: 'help' })}#licence`}>{front.links.licence}</a>
          <a href={services().site.sourceUrl ?? `${pathOf({ to: 'help' })}#source`}>{front.links.source}</a>
        </nav>
      </footer>
    </div>
  )
}

/** Tells first visitors what the site is. */
function Facts({ words }: { words: FrontWords }) {
  return (
    <ul className="front-facts">
      {words.facts.map(({ title, text }) => (
        <li key={title}>
          <h2>{title}</h2>
          <p>{text}</p>
        </li>
      ))}
    </ul>
  )
}

function Recent({ documents, visitor }: { documents: readonly RecentDocument[]; visitor: Visitor }) {
  const { language } = visitor
  const front = frontWordsIn(language)
  const now = Date.now()
  return (
    <section className="recent" aria-labelledby="recent">
      <h2 id="recent">{front.recent}</h2>
      <ul>
        {documents.map((document) => (
          <li key={document.address}>
            <a href={pathOf({ to: 'document', address: document.address })} dir="auto">
              {document.title || visitor.words.untitled}
            </a>
            <time dateTime={new Date(document.updatedAt).toISOString()}>
              {timeAgo(document.updatedAt, now, language)}
            </time>
            <Removal document={document} visitor={visitor} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Removal({ document, visitor }: { document: RecentDocument; visitor: Visitor }) {
  const { words } = visitor
  const front = frontWordsIn(visitor.language)
  const id = `remove-${document.address}`
  return (
    <>
      <button
        type="button"
        className="icon-button"
        popoverTarget={id}
        aria-label={front.remove(document.title || words.untitled)}
        title={front.remove(document.title || words.untitled)}
      >
        <TrashIcon />
      </button>
      <Question
        id={id}
        question={document.owned ? front.removeOwned : front.removeVisited}
        cancel={words.cancel}
        answer={document.owned ? words.deleteButton : front.removeButton}
        path="documents/delete"
        name="address"
        value={document.address}
      />
    </>
  )
}

function Preferences({ visitor }: { visitor: Visitor }) {
  const { words, language, theme } = visitor
  const chosenTheme = words.labelled(words.theme, words.themes[theme])
  return (
    <form className="front-preferences" method="post" action={pathOf({ to: 'preferences' })}>
      <Choices
        name="lang"
        label={words.labelled(words.language, '')}
        choices={LANGUAGES.map((choice) => ({
          value: choice,
          text: wordsIn(choice).languageName,
          lang: choice,
        }))}
        chosen={language}
      >
        {words.languageName}
        <span className="front-wide">
          <DownIcon size={16} />
        </span>
      </Choices>
      <Choices
        name="theme"
        choices={THEMES.map((choice) => ({ value: choice, text: words.themes[choice] }))}
        chosen={theme}
      >
        <span className="front-wide">
          {chosenTheme}
          <DownIcon size={16} />
        </span>
        <span className="front-narrow">
          <span className="visually-hidden">{chosenTheme}</span>
          <HalfIcon />
        </span>
      </Choices>
    </form>
  )
}

interface ChoicesProps {
  /** The name of the form field. */
  readonly name: string
  /** Read before the button's content; for a choice whose content says what is chosen. */
  readonly label?: string
  readonly choices: readonly { readonly value: string; readonly text: string; readonly lang?: string }[]
  readonly chosen: string
  /** The content of the button that opens the choices. */
  readonly children: ReactNode
}

/** A button that opens a list of choices, each of which submits the form. Works without JavaScript. */
function Choices({ name, label, choices, chosen, children }: ChoicesProps) {
  const id = `choose-${name}`
  return (
    <>
      <button type="button" className="quiet-button" popoverTarget={id}>
        {label === undefined ? null : <span className="visually-hidden">{label}</span>}
        {children}
      </button>
      <div id={id} popover="auto" className="popover popover-menu popover-choices">
        {choices.map(({ value, text, lang }) => (
          <button
            key={value}
            type="submit"
            name={name}
            value={value}
            lang={lang}
            className="menu-item"
            aria-current={value === chosen}
          >
            {text}
          </button>
        ))}
      </div>
    </>
  )
}
