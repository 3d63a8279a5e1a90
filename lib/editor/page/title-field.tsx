'use client'

import { useEffect, useRef } from 'react'
import type * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'
import { useWords } from '#lib/ui/interface.tsx'
import { SharedLine } from '../blocks/shared-line.ts'

interface TitleFieldProps {
  readonly title: Y.Text
  readonly placeholder: string
  readonly readOnly: boolean
  /** Called on Enter, and on the arrow down at the end: moves on to the body. */
  readonly onLeave: () => void
  /** Called when the field gets the focus, and when it loses it. */
  readonly onFocus: (focused: boolean) => void
}

/**
 * The title, edited in place and shared like the text, also while an input method composes in it. Edits of others
 * wait until the composition is over.
 */
export function TitleField({ title, placeholder, readOnly, onLeave, onFocus }: TitleFieldProps) {
  const words = useWords()
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => (field.current ? share(field.current, title) : undefined), [title])
  return (
    <textarea
      ref={field}
      className="title-field"
      rows={1}
      aria-label={words.titleLabel}
      placeholder={placeholder}
      readOnly={readOnly}
      autoComplete="off"
      spellCheck={false}
      dir="auto"
      onFocus={() => onFocus(true)}
      onBlur={() => onFocus(false)}
      onKeyDown={(event) => {
        // 229: an input method handles the key.
        if (event.nativeEvent.isComposing || event.keyCode === 229) return
        const { selectionEnd, value } = event.currentTarget
        const isDown = event.key === 'ArrowDown' && !event.shiftKey && selectionEnd === value.length
        if (event.key !== 'Enter' && !isDown) return
        event.preventDefault()
        onLeave()
      }}
    />
  )
}

/** Keeps a field and the title equal. Returns a function that ends it. */
function share(field: HTMLTextAreaElement, title: Y.Text): () => void {
  const line = new SharedLine(title, LIMITS.titleLength)
  let composing = false
  // The page makes the field as high as its text (app/css/frame.css).
  const measure = () => {
    if (field.parentElement) field.parentElement.dataset.value = field.value
  }
  const show = () => {
    const moved = line.show()
    if (field.value === line.shown) return measure()
    const { selectionStart, selectionEnd } = field
    field.value = line.shown
    if (document.activeElement === field) field.setSelectionRange(moved(selectionStart), moved(selectionEnd))
    measure()
  }
  const send = () => {
    line.typed(oneLine(field.value))
    if (composing) measure()
    else show()
  }
  const changed = () => {
    if (!composing) show()
  }
  const listeners = new AbortController()
  const on = { signal: listeners.signal }
  field.addEventListener(
    'compositionstart',
    () => {
      composing = true
    },
    on,
  )
  field.addEventListener(
    'compositionend',
    () => {
      composing = false
      send()
    },
    on,
  )
  field.addEventListener('input', send, on)
  // A title is one line, also where Enter chooses a character.
  field.addEventListener(
    'beforeinput',
    (event) => {
      if (event.inputType === 'insertLineBreak') event.preventDefault()
    },
    on,
  )
  title.observe(changed)
  show()
  return () => {
    listeners.abort()
    title.unobserve(changed)
  }
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\u2028\u2029]+/g, ' ')
}
