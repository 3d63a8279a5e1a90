'use client'

import type { Editor } from '@tiptap/core'
import { useId, useRef, useState } from 'react'
import { isSafeHref } from '#lib/document/schema.ts'
import { useWords } from '#lib/ui/interface.tsx'

/** Sets, changes or removes the link at the selection. */
export function HyperlinkForm({ editor, onClose }: { editor: Editor; onClose: () => void }) {
  const words = useWords()
  const field = useRef<HTMLInputElement>(null)
  const label = useId()
  const [invalid, setInvalid] = useState(false)
  const current = String(editor.getAttributes('link').href ?? '')
  const apply = () => {
    const href = completeHref(field.current?.value ?? '')
    if (!isSafeHref(href)) return setInvalid(true)
    onClose()
    const chain = editor.chain().focus().extendMarkRange('link')
    if (editor.state.selection.empty && current === '')
      chain.insertContent({ type: 'text', text: href, marks: [{ type: 'link', attrs: { href } }] }).run()
    else chain.setLink({ href }).run()
  }
  return (
    <form
      className="link-form"
      onSubmit={(event) => {
        event.preventDefault()
        apply()
      }}
    >
      <label htmlFor={label}>{words.linkAddress}</label>
      <input
        id={label}
        ref={field}
        className="field"
        type="text"
        inputMode="url"
        defaultValue={current}
        placeholder="https://"
        autoComplete="off"
        spellCheck={false}
        aria-invalid={invalid}
        data-autofocus
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.nativeEvent.isComposing || event.keyCode === 229))
            event.preventDefault()
        }}
      />
      {invalid ? (
        <p className="note note-error" role="alert">
          {words.linkInvalid}
        </p>
      ) : null}
      <div className="button-row button-row-end">
        {current === '' ? null : (
          <>
            <a className="button button-quiet" href={current} target="_blank" rel="noopener noreferrer">
              {words.linkVisit}
            </a>
            <button
              type="button"
              className="button button-quiet"
              onClick={() => {
                onClose()
                editor.chain().focus().extendMarkRange('link').unsetLink().run()
              }}
            >
              {words.linkRemove}
            </button>
          </>
        )}
        <button type="submit" className="button">
          {words.apply}
        </button>
      </div>
    </form>
  )
}

/** Completes an address as people type it: `example.org` gets its scheme, `me@example.org` becomes mailto. */
function completeHref(typed: string): string {
  const address = typed.trim()
  if (isSafeHref(address)) return address
  if (/^[^\s@/:]+@[^\s@/]+\.[^\s@/]+$/.test(address)) return `mailto:${address}`
  return /^[^\s:/]+\.[^\s:/]+([:/].*)?$/.test(address) ? `https://${address}` : address
}
