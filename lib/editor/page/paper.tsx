'use client'

import type { Editor } from '@tiptap/core'
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import type * as Y from 'yjs'
import { setTitle } from '#lib/document/title.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { useWords } from '#lib/ui/interface.tsx'
import { Later, laterPart } from '#lib/ui/loaded-later.tsx'
import { type Opening, openingOf } from '../blocks/opening.ts'
import { TitleField } from './title-field.tsx'

const codeTools = laterPart(() => import('../blocks/code-tools.tsx').then((module) => module.CodeTools))

interface PaperProps {
  readonly doc: Y.Doc
  readonly editor: Editor | null
  readonly readOnly: boolean
  /** Moves the caret to the beginning of the text. */
  readonly onEnter: () => void
  /** The text. */
  readonly children: ReactNode
}

/**
 * The title and the text under it. The title that was set stands here; otherwise the first line of the text is shown
 * as the title, if it is one (docs/decisions/0060-title-in-the-page.md). The field of the title is then folded: Tab
 * leads to it, and a text that begins with anything else shows it as a quiet line.
 */
export function Paper({ doc, editor, readOnly, onEnter, children }: PaperProps) {
  const words = useWords()
  const isSet = useTitleIsSet(doc)
  const opening = useOpening(editor)
  const [focused, setFocused] = useState(false)
  const stands = isSet || focused
  const isQuiet = !stands && opening === 'text'
  const place = stands ? 'title-place' : isQuiet ? 'title-place is-quiet' : 'title-place is-folded'
  return (
    <div className={stands ? 'paper has-title' : 'paper is-untitled'}>
      <div className={place} hidden={readOnly && !isSet}>
        <TitleField
          title={doc.getText(ROOTS.title)}
          placeholder={isQuiet ? words.addTitle : words.untitled}
          readOnly={readOnly}
          onLeave={onEnter}
          onFocus={setFocused}
        />
      </div>
      {children}
      {editor ? <Later part={codeTools} props={{ editor }} isOptional /> : null}
    </div>
  )
}

function useTitleIsSet(doc: Y.Doc): boolean {
  return useSyncExternalStore(
    (changed) => {
      const title = doc.getText(ROOTS.title)
      title.observe(changed)
      return () => title.unobserve(changed)
    },
    () => setTitle(doc) !== '',
  )
}

function useOpening(editor: Editor | null): Opening {
  return useSyncExternalStore(
    (changed) => {
      editor?.on('transaction', changed)
      return () => {
        editor?.off('transaction', changed)
      }
    },
    () => (editor ? openingOf(editor.state.doc) : 'blank'),
  )
}

/**
 * Returns true while no title is to be seen in the page, because it is scrolled away or there is none. The page's
 * header shows it then.
 */
export function useTitleIsAway(scroller: HTMLElement | null, editor: Editor | null): boolean {
  const [away, setAway] = useState(false)
  useEffect(() => {
    if (!scroller) return
    let frame = 0
    const look = () => {
      frame = 0
      const title = scroller.querySelector(
        '.has-title .title-place, .is-untitled :is(.opens-blank, .opens-headline) > :first-child, .headline',
      )
      setAway(!title || title.getBoundingClientRect().bottom <= scroller.getBoundingClientRect().top + 4)
    }
    const lookSoon = () => {
      frame ||= requestAnimationFrame(look)
    }
    lookSoon()
    scroller.addEventListener('scroll', lookSoon, { passive: true })
    // The text begins in another way, or the title was set.
    const observer = new MutationObserver(lookSoon)
    observer.observe(scroller, {
      attributes: true,
      attributeFilter: ['class'],
      childList: true,
      subtree: false,
    })
    const paper = scroller.querySelector('.paper')
    if (paper) observer.observe(paper, { attributes: true, attributeFilter: ['class'] })
    if (editor) observer.observe(editor.view.dom, { attributes: true, attributeFilter: ['class'] })
    return () => {
      cancelAnimationFrame(frame)
      scroller.removeEventListener('scroll', lookSoon)
      observer.disconnect()
    }
  }, [scroller, editor])
  return away
}
