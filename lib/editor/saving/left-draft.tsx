'use client'

import { useEffect, useState } from 'react'
import { recallGuest } from '#lib/client/replica/guest-memory.ts'
import { report } from '#lib/protocol/report.ts'
import { InterfaceProvider } from '#lib/ui/interface.tsx'
import { accessWordsIn } from '#lib/ui/words/access-words.ts'
import type { Language } from '#lib/ui/words/language.ts'
import { loadWords } from '#lib/ui/words/load-words.ts'
import type { Words } from '#lib/ui/words/page-words.ts'
import { DraftCard } from './draft-card.tsx'
import { discardLeft, readLeft } from './left-behind.ts'

interface LeftDraftProps {
  readonly address: string
  readonly language: Language
  /** The user that the server recognised; null if none. */
  readonly userId: string | null
}

/** Shows unsent edits on the page of a document that the person may no longer open, if there are any. */
export function LeftDraft({ address, language, userId }: LeftDraftProps) {
  const [left, setLeft] = useState<{ userId: string; text: string; page: Words } | null>(null)
  const words = accessWordsIn(language)
  useEffect(() => {
    let gone = false
    const look = async () => {
      const who = userId ?? (await recallGuest())?.userId
      if (!who) return
      const text = await readLeft(who, address)
      if (gone || text === '') return
      const page = await loadWords(language)
      if (!gone) setLeft({ userId: who, text, page })
    }
    look().catch((error: unknown) => report('this browser does not say what was typed here', error))
    return () => {
      gone = true
    }
  }, [address, language, userId])
  if (!left) return null
  // Shown until it is erased from this browser: once hidden it must not come back.
  const discard = () => {
    discardLeft(left.userId, address).then(
      () => setLeft(null),
      (error: unknown) => report('not discarded', error),
    )
  }
  return (
    <InterfaceProvider language={language} words={left.page}>
      <DraftCard
        text={left.text}
        why={words.draftWithdrawn}
        onDevice
        fileName={`${words.draftFile}.txt`}
        onDiscard={discard}
      />
    </InterfaceProvider>
  )
}
