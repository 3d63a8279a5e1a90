'use client'

import type { Editor } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import { useEffect, useState } from 'react'
import { countWords } from '#lib/document/word-count.ts'
import { GlobeIcon } from '#lib/ui/icons.tsx'
import { useLanguage, useWords } from '#lib/ui/interface.tsx'
import { keyNames } from '#lib/ui/key-names.ts'
import { Later, laterPart } from '#lib/ui/loaded-later.tsx'
import { Popover } from '#lib/ui/overlays.tsx'
import { LANGUAGE_NAMES } from '#lib/ui/words/language.ts'
import { ProfileForm, usePeople } from '../people/people-bar.tsx'
import type { DocumentSession } from '../session/document-session.ts'
import { useStatus } from '../session/use-provider.ts'
import type { AccountOffer } from './account-offer.ts'

/** Counting waits for a typing pause of this length, ms. */
const COUNT_AFTER = 300
/** The number of words from which guests are told that only their browser knows their documents. */
const KEPT_FROM = 200

const keepNote = laterPart(() => import('./keep-note.tsx').then((module) => module.KeepNote))

interface StatusLineProps {
  readonly session: DocumentSession
  readonly editor: Editor | null
  /** The way to an account that a guest is offered; null for a user who has one. */
  readonly offer: AccountOffer | null
  readonly onShortcuts: () => void
}

/** The last line of the page: length, people, own name, language, help. */
export function StatusLine({ session, editor, offer, onShortcuts }: StatusLineProps) {
  const words = useWords()
  const { language, setLanguage } = useLanguage()
  const people = usePeople(session)
  const count = useWordCount(editor)
  const self = people.find((person) => person.self)
  const other = language === 'en' ? 'zh-TW' : 'en'
  const { role } = useStatus(session.provider)
  const way = offer === 'sign-in' || role !== 'owner' ? null : offer
  // Once it is there it stays while the page is open, whatever is deleted.
  const isLong = useEver(count >= KEPT_FROM)
  return (
    <div>
      {way !== null && isLong ? <Later part={keepNote} props={{ way }} /> : null}
      <footer className="status-line">
        <span title={words.wordsHint}>{words.words(count)}</span>
        {people.length > 0 ? <span>{words.peopleHere(people.length)}</span> : null}
        <span className="grow" />
        {self ? (
          <Popover
            label={`${words.youAre(self.name)} · ${words.change}`}
            buttonClass="status-button"
            button={
              <>
                {`${words.youAre(self.name)} ·`}
                <span className="status-change">{words.change}</span>
              </>
            }
          >
            {(close) => <ProfileForm person={self} onDone={close} />}
          </Popover>
        ) : null}
        <button type="button" className="status-button" lang={other} onClick={() => setLanguage(other)}>
          <GlobeIcon size={14} />
          {LANGUAGE_NAMES[other]}
        </button>
        <button type="button" className="status-button" onClick={onShortcuts}>
          <kbd>{keyNames('Mod+/')}</kbd> {words.help}
        </button>
      </footer>
    </div>
  )
}

/** Returns true from the first time on that `now` is true. */
function useEver(now: boolean): boolean {
  const [ever, setEver] = useState(now)
  if (now && !ever) setEver(true)
  return ever || now
}

/** The counts per block. A block that did not change is the same object. */
const counted = new WeakMap<Node, number>()

function useWordCount(editor: Editor | null): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    if (!editor) return
    let timer: ReturnType<typeof setTimeout> | null = null
    const look = () => {
      timer = null
      let sum = 0
      editor.state.doc.forEach((block) => {
        const known = counted.get(block) ?? countWords(block.textBetween(0, block.content.size, ' ', ' '))
        counted.set(block, known)
        sum += known
      })
      setCount(sum)
    }
    const lookSoon = () => {
      timer ??= setTimeout(look, COUNT_AFTER)
    }
    look()
    editor.on('update', lookSoon)
    return () => {
      if (timer) clearTimeout(timer)
      editor.off('update', lookSoon)
    }
  }, [editor])
  return count
}
