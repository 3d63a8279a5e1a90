'use client'

import { useEffect, useMemo, useRef, useState } from 'react'
import type { DraftState } from '#lib/client/provider-state.ts'
import { fileName } from '#lib/document/file-name.ts'
import { useAnnounce, useLanguage } from '#lib/ui/interface.tsx'
import { accessWordsIn } from '#lib/ui/words/access-words.ts'
import type { DocumentSession } from '../session/document-session.ts'
import { useSave, useStatus } from '../session/use-provider.ts'
import { AskButton, useAsking } from './access-chip.tsx'
import { DraftCard } from './draft-card.tsx'
import { docWithDraft, draftText } from './draft-text.ts'

/** Words that the document lacks (`DraftState`). Loaded only if there are any. */
export function KeptDraft({ session, draft }: { session: DocumentSession; draft: DraftState }) {
  const { provider, doc } = session
  const words = accessWordsIn(useLanguage().language)
  const announce = useAnnounce()
  const status = useStatus(provider)
  const save = useSave(provider)
  const asking = useAsking(session)
  const { text, differs } = useDraftText(session, draft)
  const ended = status.phase === 'ended'
  // All of it has arrived after all. A superseded document also shows the draft, but only because it was typed there.
  const needless = provider.synced && !provider.superseded && !differs
  useEffect(() => {
    if (needless) void provider.discardDraft()
  }, [needless, provider])
  if (!differs) return null

  const putIn = async () => {
    await provider.takeBackDraft()
    announce(words.draftPuttingIn)
  }
  const why = draft.isOrphaned
    ? words.draftOrphaned
    : status.mayType
      ? words.draftReturn
      : ended
        ? words.draftWithdrawn
        : words.draftWhy
  return (
    <DraftCard
      text={text}
      why={why}
      onDevice={save.local === 'ok'}
      fileName={fileName(doc, words.draftFile, 'txt')}
      onDiscard={() => void provider.discardDraft()}
      first={
        status.mayType ? (
          <button type="button" className="button" onClick={() => void putIn()}>
            {words.draftPutIn}
          </button>
        ) : ended || status.lapsed ? null : (
          <AskButton {...asking} />
        )
      }
    />
  )
}

/** The wait until the draft is read again after the document changed, ms. */
const READ_MS = 300
/** Reading the draft of a long document takes at most this part of the time: it is read while people type. */
const SHARE = 0.05

/** Returns the text of the draft, read again when the draft changes and shortly after the document does. */
function useDraftText({ doc }: DocumentSession, draft: DraftState) {
  const [version, setVersion] = useState(0)
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const took = useRef(0)
  useEffect(() => {
    const changed = () => {
      timer.current ??= setTimeout(
        () => {
          timer.current = null
          setVersion((before) => before + 1)
        },
        Math.max(READ_MS, took.current / SHARE),
      )
    }
    doc.on('update', changed)
    return () => {
      doc.off('update', changed)
      if (timer.current) clearTimeout(timer.current)
      timer.current = null
    }
  }, [doc])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the Y.Doc is the same object before and after a change
  return useMemo(() => {
    const from = performance.now()
    const withDraft = docWithDraft(doc, draft.batches)
    const found = draftText(doc, withDraft)
    withDraft.destroy()
    took.current = performance.now() - from
    return found
  }, [doc, draft, version])
}
