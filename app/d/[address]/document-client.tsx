'use client'

import dynamic from 'next/dynamic'
import { createContext, useContext } from 'react'
import type { DocumentAppProps } from '#lib/editor/document-app.tsx'
import { DocumentShell } from '#lib/editor/document-shell.tsx'
import { wordsIn } from '#lib/editor/words.ts'

// Only in the browser: Next's server bundle would bring a second copy of Yjs beside the server's own.
const DocumentApp = dynamic(
  () => import('#lib/editor/document-app.tsx').then((module) => module.DocumentApp),
  { ssr: false, loading: Opening },
)

const Waiting = createContext<DocumentAppProps | null>(null)

function Opening() {
  const waiting = useContext(Waiting)
  return waiting ? <DocumentShell title={waiting.title} words={wordsIn(waiting.language)} /> : null
}

/** The frame of the page from the server; the document in the browser. */
export function DocumentClient(props: DocumentAppProps) {
  return (
    <Waiting value={props}>
      <DocumentApp {...props} />
    </Waiting>
  )
}
