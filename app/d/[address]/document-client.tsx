'use client'

import { type ComponentType, useEffect, useState } from 'react'
import type { DocumentAppProps } from '#lib/editor/page/document-app.tsx'
import { DocumentShell, type ShellWords } from '#lib/editor/page/document-shell.tsx'
import { HTML_LANG, LANGUAGES, type Language } from '#lib/ui/words/language.ts'
import { loadWords } from '#lib/ui/words/load-words.ts'

// Only in the browser, and immediately: Next's server bundle would bring a second copy of Yjs beside the server's
// own, and `next/dynamic` two kilobytes for every visitor.
const loading = typeof window === 'undefined' ? null : import('#lib/editor/page/document-app.tsx')
// Reported where the result is awaited.
loading?.catch(() => undefined)
// In the language that the server rendered, so that the words are here when the page is.
if (typeof window !== 'undefined') loadWords(languageOf(document.documentElement.lang)).catch(() => undefined)

interface DocumentClientProps extends DocumentAppProps {
  readonly shell: ShellWords
}

/** Renders the page's frame and its words on the server; nothing else is needed before the document is loaded. */
export function DocumentClient({ shell, ...props }: DocumentClientProps) {
  const [App, setApp] = useState<ComponentType<DocumentAppProps> | null>(null)
  const { language } = props
  useEffect(() => {
    Promise.all([loading, loadWords(language)]).then(
      ([module, words]) => {
        const Loaded = module?.DocumentApp
        if (Loaded) setApp(() => (app: DocumentAppProps) => <Loaded {...app} words={words} />)
      },
      (error: unknown) =>
        // Shows the error page (app/error.tsx).
        setApp(() => {
          throw error
        }),
    )
  }, [language])
  return App ? <App {...props} /> : <DocumentShell title={props.title} words={shell} />
}

function languageOf(htmlLang: string): Language {
  return LANGUAGES.find((language) => htmlLang === HTML_LANG[language]) ?? 'en'
}
