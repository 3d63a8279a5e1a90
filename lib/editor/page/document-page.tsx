'use client'

import type { Editor } from '@tiptap/core'
import { useCallback, useEffect, useRef, useState } from 'react'
import { firstLine, observeTitle, setTitle } from '#lib/document/title.ts'
import { mayEdit, type Role } from '#lib/protocol/identity.ts'
import { report } from '#lib/protocol/report.ts'
import { CloseIcon, ShareIcon } from '#lib/ui/icons.tsx'
import { useAnnounce, useLanguage, useWords } from '#lib/ui/interface.tsx'
import { Later, laterPart } from '#lib/ui/loaded-later.tsx'
import type { Theme } from '#lib/ui/preferences.ts'
import { useQuietChrome } from '#lib/ui/quiet-chrome.ts'
import { useViewportHeight } from '#lib/ui/use-viewport-height.ts'
import type { Language } from '#lib/ui/words/language.ts'
import { loadWords } from '#lib/ui/words/load-words.ts'
import { caretPlace } from '../carets/caret-layer.ts'
import { preparePaste } from '../clipboard/clipboard.ts'
import { useRefusedDrops } from '../clipboard/use-refused-drops.ts'
import { Arrivals } from '../people/arrivals.tsx'
import type { Person } from '../people/people.ts'
import { PeopleBar, usePeople } from '../people/people-bar.tsx'
import { copyButtons } from '../saving/copies.ts'
import { chipSentence, noticeSentence, saveChip } from '../saving/save-chip.ts'
import { SaveIndicator } from '../saving/save-indicator.tsx'
import { UnsentBanner } from '../saving/unsent-banner.tsx'
import type { DocumentSession } from '../session/document-session.ts'
import { useDraft, useEverJoined, useStatus } from '../session/use-provider.ts'
import type { AccountOffer } from './account-offer.ts'
import { HomeLink, Waiting } from './document-shell.tsx'
import { EditorBoundary, plainDocument } from './editor-boundary.tsx'
import { MoreMenu, prepareMenu } from './more-menu.tsx'
import { type DialogName, PageDialog, prepareDialogs } from './page-dialog.tsx'
import { nextRegion, type PageKey, pageKey } from './page-keys.ts'
import { Paper, useTitleIsAway } from './paper.tsx'
import { StatusLine } from './status-line.tsx'
import { TextSurface } from './text-surface.tsx'

/** Fetched when typing is possible, which does not wait for it. */
const toolbar = laterPart(() => import('./toolbar.tsx').then((module) => module.Toolbar))
const askedNotice = laterPart(() =>
  import('../sharing/asked-notice.tsx').then((module) => module.AskedNotice),
)
const keptDraft = laterPart(() => import('../saving/kept-draft.tsx').then((module) => module.KeptDraft))

/** The dialogs are fetched this long after the text is ready, ms: the connection may be lost later. */
const PREPARE_AFTER = 2000
/** A sentence about something that was done is shown this long, ms. */
const TOLD_FOR = 5000

interface DocumentPageProps {
  readonly session: DocumentSession
  readonly address: string
  readonly theme: Theme
  /** The way to an account that a guest is offered; null for a user who has one. */
  readonly offer: AccountOffer | null
  readonly created: boolean
  /** The title that the server knew; shown until the text is there. */
  readonly title: string
}

/** An open document: header, toolbar, text, status line. */
export function DocumentPage(props: DocumentPageProps) {
  const { session, address, theme: firstTheme, offer, created, title: knownTitle } = props
  const { doc, provider } = session
  const words = useWords()
  const { language } = useLanguage()
  const announce = useAnnounce()
  const status = useStatus(provider)
  const everJoined = useEverJoined(provider)
  const people = usePeople(session)
  const [editor, setEditor] = useState<Editor | null>(null)
  const [overlay, setOverlay] = useState<DialogName | null>(null)
  const [notice, setNotice] = useState('')
  const [theme, setTheme] = useState(firstTheme)
  const [scroller, setScroller] = useState<HTMLElement | null>(null)
  const line = useFirstLine(session)
  const quiet = useQuietChrome(editor?.view.dom ?? null)
  const titleIsAway = useTitleIsAway(scroller, editor)
  useViewportHeight()

  // A frame later: the browser may not have told the editor of the selection that the link is for.
  const openLink = useCallback(() => void requestAnimationFrame(() => setOverlay('link')), [])
  const warn = useCallback(
    (sentence: string) => {
      setNotice(sentence)
      announce(sentence, 'assertive')
    },
    [announce],
  )
  const tell = (sentence: string) => {
    setNotice(sentence)
    announce(sentence)
    setTimeout(() => setNotice((shown) => (shown === sentence ? '' : shown)), TOLD_FOR)
  }
  usePageKeys((key) => {
    if (key === 'share' || key === 'shortcuts') setOverlay(key)
    else if (key === 'next-region') nextRegion()
    else announce(chipSentence(saveChip(provider.status, provider.save, Date.now(), navigator.onLine), words))
  })

  const readOnly = !status.mayType
  const viewer = status.role !== null && !mayEdit(status.role)
  const ended = status.phase === 'ended'
  const signedOut = status.hindrance === 'session-expired' && !status.mayType
  const bound = !status.schemaTooOld && status.opened
  const title = line.title || line.first || (bound ? '' : knownTitle)
  useDocumentTitle(title || words.untitled, words.product)
  const draft = useDraft(provider)
  usePrepared(bound, language === 'en' ? 'zh-TW' : 'en')
  useRefusedDrops(warn)
  // A notice about the role no longer applies.
  useEffect(() => {
    if (ended) setNotice('')
  }, [ended])
  useServerNotices(session, warn)
  useRoleNews(status.phase === 'joined' ? status.role : null, status.lapsed, warn)
  const sectionOf = useCallback(
    (person: Person) => (editor && person.member !== null ? sectionAt(editor, person.member) : null),
    [editor],
  )
  const jumpTo = useCallback(
    (person: Person) => {
      if (editor && person.member !== null) showPlace(editor, person.member)
    },
    [editor],
  )

  return (
    <div className={quiet ? 'app is-quiet' : 'app'}>
      <header className="bar" data-region>
        <HomeLink words={words} />
        <h1 className="bar-title" data-shown={titleIsAway} dir="auto">
          {title || words.untitled}
        </h1>
        <SaveIndicator session={session} />
        {ended ? null : <PeopleBar session={session} sectionOf={sectionOf} jumpTo={jumpTo} />}
        {ended ? null : (
          <button
            type="button"
            className="button share-button"
            aria-label={words.share}
            onPointerEnter={prepareDialogs}
            onFocus={prepareDialogs}
            onClick={() => setOverlay('share')}
          >
            <ShareIcon />
            <span className="share-words">{words.share}</span>
          </button>
        )}
        <MoreMenu
          session={session}
          address={address}
          onTell={tell}
          theme={theme}
          offer={offer}
          onTheme={setTheme}
          onShortcuts={() => setOverlay('shortcuts')}
          onCount={() => setOverlay('count')}
          onTitle={!readOnly && line.title === '' ? () => focusTitle(scroller) : null}
          onProfile={people.some((person) => person.self) ? () => setOverlay('profile') : null}
          onDelete={status.role === 'owner' ? () => setOverlay('delete') : null}
        />
      </header>
      <section
        className="toolbar-place"
        aria-label={words.toolbar}
        data-region
        hidden={viewer || ended || signedOut}
      >
        {editor && status.mayType ? <Later part={toolbar} props={{ editor, onLink: openLink }} /> : null}
      </section>
      <main className="page" ref={setScroller} data-region>
        <UnsentBanner session={session} />
        {draft ? <Later part={keptDraft} props={{ session, draft }} /> : null}
        {status.schemaTooOld ? <Later part={plainDocument} props={{ doc, heading: words.tooOld }} /> : null}
        {bound ? (
          <EditorBoundary doc={doc}>
            <Paper doc={doc} editor={editor} readOnly={readOnly} onEnter={() => editor && enterText(editor)}>
              <TextSurface
                session={session}
                editable={status.mayType}
                focusAtOnce={created && !session.successor}
                onEditor={setEditor}
                onLink={openLink}
                onNotice={warn}
                onLeaveUp={() => focusTitle(scroller)}
              />
            </Paper>
          </EditorBoundary>
        ) : null}
        {bound || status.schemaTooOld || ended ? null : <Waiting title={knownTitle} words={words} />}
      </main>
      <StatusLine {...{ session, editor, offer }} onShortcuts={() => setOverlay('shortcuts')} />

      {notice === '' ? null : (
        <aside className="notice">
          <p>{notice}</p>
          <button
            type="button"
            className="icon-button"
            aria-label={words.dismiss}
            onClick={() => setNotice('')}
          >
            <CloseIcon />
          </button>
        </aside>
      )}
      {overlay === null ? null : (
        <PageDialog
          name={overlay}
          session={session}
          address={address}
          editor={editor}
          onClose={() => setOverlay(null)}
        />
      )}
      {editor ? <Later part={askedNotice} props={{ session, address }} /> : null}
      <Arrivals people={people} joined={everJoined} />
    </div>
  )
}

/** Fetches once the text is ready what must open without the server too. */
function usePrepared(ready: boolean, otherLanguage: Language): void {
  useEffect(() => {
    if (!ready) return
    const prepareCopies = () => {
      for (const part of [copyButtons, plainDocument]) part.prepare()
    }
    const prepareRest = () => {
      for (const prepare of [prepareDialogs, prepareMenu, preparePaste]) prepare()
      loadWords(otherLanguage).catch((error: unknown) =>
        report('the other language was not loaded', error, 'debug'),
      )
    }
    // Once the text can be typed in; without them it could not be copied if the server went away.
    const timers = [setTimeout(prepareCopies, 0), setTimeout(prepareRest, PREPARE_AFTER)]
    return () => timers.forEach(clearTimeout)
  }, [ready, otherLanguage])
}

/** Announces the server's notices about this page; those about its disk are left to the chip. */
function useServerNotices({ provider }: DocumentSession, say: (sentence: string) => void): void {
  const words = useWords()
  useEffect(
    () =>
      provider.on('notice', (code) => {
        const sentence = noticeSentence(code, words)
        if (sentence !== null) say(sentence)
      }),
    [provider, say, words],
  )
}

/** Announces that the person's role has changed. */
function useRoleNews(role: Role | null, lapsed: boolean, say: (sentence: string) => void): void {
  const words = useWords()
  const before = useRef<Role | null>(null)
  useEffect(() => {
    if (role === null || lapsed) return
    const known = before.current
    before.current = role
    if (known === null || mayEdit(known) === mayEdit(role)) return
    if (mayEdit(role)) say(words.access.nowEdit)
    else say(words.access.nowView)
  }, [role, lapsed, say, words])
}

/** Returns the title and the first line of the document, read again shortly after either changes. */
function useFirstLine({ doc }: DocumentSession): { title: string; first: string } {
  const [line, setLine] = useState({ title: '', first: '' })
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null
    const look = () => {
      timer = null
      const next = { title: setTitle(doc), first: firstLine(doc) }
      setLine((before) => (before.title === next.title && before.first === next.first ? before : next))
    }
    const lookSoon = () => {
      timer ??= setTimeout(look, 200)
    }
    look()
    const end = observeTitle(doc, lookSoon)
    return () => {
      if (timer) clearTimeout(timer)
      end()
    }
  }, [doc])
  return line
}

function useDocumentTitle(title: string, product: string): void {
  useEffect(() => {
    document.title = `${title} · ${product}`
  }, [title, product])
}

function usePageKeys(act: (key: PageKey) => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const key = pageKey(event)
      if (!key) return
      event.preventDefault()
      act(key)
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  })
}

/**
 * Puts the caret at the start of the text. Immediately, so that the very next key is typed there (Tiptap's own focus
 * waits a frame).
 */
function enterText(editor: Editor): void {
  editor.commands.setTextSelection(0)
  editor.view.focus()
}

/** Puts the caret at the end of the title. */
function focusTitle(scroller: HTMLElement | null): void {
  const field = scroller?.querySelector<HTMLTextAreaElement>('.title-field')
  field?.focus()
  field?.setSelectionRange(field.value.length, field.value.length)
}

/**
 * Returns the section (a heading and what follows it) that a member's caret is in, from 1, or null above the first
 * heading.
 */
function sectionAt(editor: Editor, member: number): number | null {
  const place = caretPlace(editor.state, member)
  if (place === null) return null
  let section = 0
  editor.state.doc.forEach((block, offset) => {
    if (block.type.name === 'heading' && offset <= place) section += 1
  })
  return section === 0 ? null : section
}

function showPlace(editor: Editor, member: number): void {
  const place = caretPlace(editor.state, member)
  if (place === null) return
  const { node } = editor.view.domAtPos(place)
  const element = node instanceof HTMLElement ? node : node.parentElement
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  element?.scrollIntoView({ block: 'center', behavior: still ? 'auto' : 'smooth' })
}
