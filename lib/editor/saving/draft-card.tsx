'use client'

import { type ReactNode, type RefObject, useEffect, useId, useRef, useState } from 'react'
import { copyText, downloadFile } from '#lib/ui/copy-text.ts'
import { useAnnounce, useLanguage, useWords } from '#lib/ui/interface.tsx'
import { accessWordsIn } from '#lib/ui/words/access-words.ts'

interface DraftCardProps {
  /** The text of the draft; '' if it only deletes or restyles. */
  readonly text: string
  readonly why: string
  /** True if this browser stores it, false if only this tab holds it. */
  readonly onDevice: boolean
  /** Name of the downloaded file. */
  readonly fileName: string
  readonly onDiscard: () => void
  /** Further actions, shown first. */
  readonly first?: ReactNode
}

/** Words that are not in the document, and the actions for them. */
export function DraftCard({ text, why, onDevice, fileName, onDiscard, first }: DraftCardProps) {
  const words = accessWordsIn(useLanguage().language)
  const pageWords = useWords()
  const announce = useAnnounce()
  const heading = useId()
  const [sure, setSure] = useState(false)
  useEffect(() => announce(words.draftTitle, 'assertive'), [announce, words])
  const copy = async () => {
    const done = await copyText(text)
    announce(done ? words.draftCopied : pageWords.copyFailed)
  }
  const card = useRef<HTMLElement>(null)
  const outOfView = useOutOfView(card)
  return (
    <>
      {outOfView ? (
        <aside className="draft-hint">
          <button type="button" className="button button-quiet" onClick={() => show(card.current)}>
            {words.draftTitle} · <strong>{words.draftShow}</strong>
          </button>
        </aside>
      ) : null}
      <section ref={card} className="draft" aria-labelledby={heading} tabIndex={-1}>
        <h2 id={heading}>{words.draftTitle}</h2>
        <p>{text === '' ? words.draftRemovals : why}</p>
        {onDevice ? null : <p className="note note-warn">{words.draftHere}</p>}
        {text === '' ? null : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          <section className="draft-text" tabIndex={0} dir="auto" aria-label={words.draftText}>
            {text}
          </section>
        )}
        <div className="button-row">
          {first}
          {text === '' ? null : (
            <>
              <button type="button" className="button button-quiet" onClick={() => void copy()}>
                {words.draftCopy}
              </button>
              <button
                type="button"
                className="button button-quiet"
                onClick={() => downloadFile(fileName, 'text/plain', `${text}\n`)}
              >
                {words.draftDownload}
              </button>
            </>
          )}
          <button
            type="button"
            className={`draft-discard button ${sure ? 'button-danger' : 'button-quiet'}`}
            onBlur={() => setSure(false)}
            onClick={() => {
              if (!sure) return setSure(true)
              onDiscard()
              announce(words.draftDiscarded)
            }}
          >
            {sure ? words.draftDiscardAsk : words.draftDiscard}
          </button>
        </div>
      </section>
    </>
  )
}

/** Returns true while no part of the card is visible. */
function useOutOfView(card: RefObject<HTMLElement | null>): boolean {
  const [outOfView, setOutOfView] = useState(false)
  useEffect(() => {
    if (!card.current) return
    const observer = new IntersectionObserver(([entry]) => setOutOfView(entry?.isIntersecting === false))
    observer.observe(card.current)
    return () => observer.disconnect()
  }, [card])
  return outOfView
}

function show(card: HTMLElement | null): void {
  card?.scrollIntoView({ block: 'center' })
  card?.focus({ preventScroll: true })
}
