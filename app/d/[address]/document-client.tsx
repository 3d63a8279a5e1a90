'use client'

import { type ComponentType, useEffect, useState } from 'react'
import type { DocumentAppProps } from '#lib/editor/page/document-app.tsx'
import { DocumentShell, type ShellWords } from '#lib/editor/page/document-shell.tsx'

// Only in the browser, and immediately: Next's server bundle would bring a second copy of Yjs beside the server's
// own, and `next/dynamic` two kilobytes for every visitor.
const loading = typeof window === 'undefined' ? null : import('#lib/editor/page/document-app.tsx')
// Reported where the result is awaited.
loading?.catch(() => undefined)

interface DocumentClientProps extends DocumentAppProps {
  readonly shell: ShellWords
}

/** Renders the page's frame and its words on the server; nothing else is needed before the document is loaded. */
export function DocumentClient({ shell, ...props }: DocumentClientProps) {
  const [App, setApp] = useState<ComponentType<DocumentAppProps> | null>(null)
  useEffect(() => {
    loading?.then(
      (module) => setApp(() => module.DocumentApp),
      (error: unknown) =>
        // Shows the error page (app/error.tsx).
        setApp(() => {
          throw error
        }),
    )
  }, [])
  return App ? <App {...props} /> : <DocumentShell title={props.title} words={shell} />
}
