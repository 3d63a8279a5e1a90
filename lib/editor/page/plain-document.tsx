'use client'

import { useEffect, useState } from 'react'
import type * as Y from 'yjs'
import { languageOf, lettersIn } from '#lib/document/languages.ts'
import { plainText } from '#lib/document/text.ts'
import { useWords } from '#lib/ui/interface.tsx'
import { CopyButtons } from '../saving/copy-buttons.tsx'

interface PlainDocumentProps {
  readonly doc: Y.Doc
  readonly heading: string
  readonly hint?: string
}

/** The text without an editor: for a page older than the document, and for a page whose editor crashed. */
export function PlainDocument({ doc, heading, hint }: PlainDocumentProps) {
  const words = useWords()
  const [text, setText] = useState(() => plainText(doc))
  useEffect(() => {
    const changed = () => setText(plainText(doc))
    changed()
    doc.on('update', changed)
    return () => doc.off('update', changed)
  }, [doc])
  return (
    <div className="plain">
      <div className="banner banner-warn" role="alert">
        <p>
          <strong>{heading}</strong>
          {hint ? ` ${hint}` : null}
        </p>
        <div className="button-row">
          <button type="button" className="button" onClick={() => location.reload()}>
            {words.reload}
          </button>
          <CopyButtons session={{ doc }} />
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre className="plain-text" tabIndex={0} dir="auto" lang={languageOf(lettersIn(text)) ?? undefined}>
        {text}
      </pre>
    </div>
  )
}
