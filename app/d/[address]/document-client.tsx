'use client'

import { type ComponentType, useEffect, useState } from 'react'
import type { DocumentAppProps } from '#lib/editor/page/document-app.tsx'
import { DocumentShell, type ShellWords } from '#lib/editor/page/document-shell.tsx'

// Only in the browser, and at once: Next's server bundle would bring a second copy of Yjs beside the server's own, and
// `next/dynamic` two kilobytes to every visitor.
const loading = typeof window === 'undefined' ? null : import('#lib/editor/page/document-app.tsx')
// Said where it is waited for.
loading?.catch(() => undefined)

interface DocumentClientProps extends DocumentAppProps {
  readonly shell: ShellWords
}

/** The frame of the page from the server, its words too: nothing else needs them before the document is there. */
export function DocumentClient({ shell, ...props }: DocumentClientProps) {
  const [App, setApp] = useState<ComponentType<DocumentAppProps> | null>(null)
  useEffect(() => {
    loading?.then(
      (module) => setApp(() => module.DocumentApp),
      (error: unknown) =>
        // To the page for what failed (app/error.tsx).
        setApp(() => {
          throw error
        }),
    )
  }, [])
  return App ? <App {...props} /> : <DocumentShell title={props.title} words={shell} />
}
