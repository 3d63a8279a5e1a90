'use client'

import { useEffect, useRef } from 'react'
import type * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'
import { useWords } from '#lib/ui/interface.tsx'
import { changeBetween, movePosition, rebase } from '../blocks/text-change.ts'

interface TitleFieldProps {
  readonly title: Y.Text
  /** Shown while the document has no title: the first line of the text. */
  readonly placeholder: string
  readonly readOnly: boolean
  /** Called on Enter: moves on to the body. */
  readonly onEnter: () => void
}

/**
 * The title, edited in place and shared like the text. Text that an input method is still composing stays in the
 * field; once it is finished, the intended change is applied to the title as it is by then.
 */
export function TitleField({ title, placeholder, readOnly, onEnter }: TitleFieldProps) {
  const words = useWords()
  const field = useRef<HTMLInputElement>(null)

  useEffect(() => {
    const input = field.current
    if (!input) return
    // The text that the field and the title last agreed on.
    let shared = title.toString()
    let composing = false
    input.value = shared

    const send = () => {
      const meant = changeBetween(shared, oneLine(input.value))
      if (!meant) return
      const current = title.toString()
      const change = rebase(meant, changeBetween(shared, current))
      shared = current
      title.doc?.transact(() => {
        if (change.remove > 0) title.delete(change.index, change.remove)
        if (change.insert !== '') title.insert(change.index, change.insert)
      })
      show()
    }
    const show = () => {
      const before = shared
      shared = title.toString()
      if (input.value === shared) return
      const change = changeBetween(before, shared)
      const { selectionStart, selectionEnd } = input
      input.value = shared
      if (change && selectionStart !== null && selectionEnd !== null && document.activeElement === input)
        input.setSelectionRange(
          movePosition(selectionStart, change, true),
          movePosition(selectionEnd, change, true),
        )
    }
    const listeners = new AbortController()
    const on = { signal: listeners.signal }
    input.addEventListener(
      'compositionstart',
      () => {
        composing = true
      },
      on,
    )
    input.addEventListener(
      'compositionend',
      () => {
        composing = false
        send()
      },
      on,
    )
    input.addEventListener(
      'input',
      () => {
        if (!composing) send()
      },
      on,
    )
    const changed = () => {
      if (!composing) show()
    }
    title.observe(changed)
    return () => {
      listeners.abort()
      title.unobserve(changed)
    }
  }, [title])

  return (
    <input
      ref={field}
      className="title"
      aria-label={words.titleLabel}
      placeholder={placeholder || words.untitled}
      readOnly={readOnly}
      maxLength={LIMITS.titleLength}
      autoComplete="off"
      spellCheck={false}
      dir="auto"
      onKeyDown={(event) => {
        // 229: an input method handles the key.
        if (event.key !== 'Enter' || event.nativeEvent.isComposing || event.keyCode === 229) return
        event.preventDefault()
        onEnter()
      }}
    />
  )
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\u2028\u2029]+/g, ' ').slice(0, LIMITS.titleLength)
}
