'use client'

import { useState } from 'react'
import { CloseIcon } from '#lib/ui/icons.tsx'
import { useLanguage, useWords } from '#lib/ui/interface.tsx'
import { dismissKeepNote, isKeepNoteDismissed } from '#lib/ui/preferences.ts'
import { keepWordsIn } from '#lib/ui/words/keep-words.ts'
import { type AccountOffer, accountPath } from './account-offer.ts'

interface KeepNoteProps {
  readonly way: Exclude<AccountOffer, 'sign-in'>
}

/** Tells a guest that only this browser knows their documents, until they dismiss it in this browser. */
export function KeepNote({ way }: KeepNoteProps) {
  const words = useWords()
  const { language } = useLanguage()
  const [isShown, setShown] = useState(() => !isKeepNoteDismissed())
  if (!isShown) return null
  const { sentence, ways } = keepWordsIn(language)
  const [before, after] = sentence
  return (
    <aside className="keep-note">
      <p>
        {before}
        <a href={accountPath(way === 'sign-up' ? 'sign-up' : 'sign-in')}>{ways[way]}</a>
        {after}
      </p>
      <button
        type="button"
        className="icon-button"
        aria-label={words.dismiss}
        title={words.dismiss}
        onClick={() => {
          dismissKeepNote()
          setShown(false)
        }}
      >
        <CloseIcon size={16} />
      </button>
    </aside>
  )
}
