'use client'

import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { keepLanguage } from './preferences.ts'
import type { Language } from './words/language.ts'
import { loadWords } from './words/load-words.ts'
import type { Words } from './words/page-words.ts'

/** *polite* waits until the reader has finished its sentence; *assertive* interrupts. */
export type Urgency = 'polite' | 'assertive'

interface Interface {
  readonly language: Language
  readonly words: Words
  /** Loads the words of another language and shows them; without the server the page stays as it is, and says so. */
  readonly setLanguage: (language: Language) => void
  /** Makes screen readers speak a sentence. */
  readonly announce: (sentence: string, urgency?: Urgency) => void
}

const Context = createContext<Interface | null>(null)

/** Provides the language of everything inside, and the page's two live regions. */
export function InterfaceProvider({
  language,
  words,
  children,
}: {
  language: Language
  words: Words
  children: ReactNode
}) {
  const [shown, setShown] = useState({ language, words })
  const polite = useRef<HTMLDivElement>(null)
  const assertive = useRef<HTMLDivElement>(null)

  const announce = useCallback((sentence: string, urgency: Urgency = 'polite') => {
    const region = (urgency === 'polite' ? polite : assertive).current
    if (!region) return
    // A new paragraph, so that a repeated sentence is spoken again; the old one is removed, so that it is not.
    const line = document.createElement('p')
    line.textContent = sentence
    region.replaceChildren(line)
  }, [])

  const value = useMemo(
    () => ({
      ...shown,
      announce,
      setLanguage: (next: Language) => {
        loadWords(next).then(
          (words) => {
            keepLanguage(next)
            setShown({ language: next, words })
          },
          (error: unknown) => {
            report('the other language was not loaded', error)
            announce(shown.words.notLoaded, 'assertive')
          },
        )
      },
    }),
    [shown, announce],
  )
  return (
    <Context value={value}>
      {children}
      <div ref={polite} className="visually-hidden" aria-live="polite" />
      <div ref={assertive} className="visually-hidden" aria-live="assertive" />
    </Context>
  )
}

function useInterface(): Interface {
  const value = useContext(Context)
  if (!value) throw new Error('outside of InterfaceProvider')
  return value
}

export function useWords(): Words {
  return useInterface().words
}

export function useAnnounce(): Interface['announce'] {
  return useInterface().announce
}

export function useLanguage(): Pick<Interface, 'language' | 'setLanguage'> {
  return useInterface()
}
