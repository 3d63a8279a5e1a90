'use client'

import { useEffect } from 'react'
import { report } from '#lib/protocol/report.ts'
import { HTML_LANG, LANGUAGES } from '#lib/ui/words/language.ts'
import { troubleWordsIn } from '#lib/ui/words/trouble-words.ts'

/** The error page. It says that people's edits are safe in their browser and at the server. */
export default function ErrorPage({ error, reset }: { error: Error; reset: () => void }) {
  useEffect(() => report('the page failed', error, 'error'), [error])
  const lang = typeof document === 'undefined' ? '' : document.documentElement.lang
  const words = troubleWordsIn(LANGUAGES.find((language) => HTML_LANG[language] === lang) ?? 'en')
  return (
    <main className="lonely">
      <h1>{words.serverTrouble}</h1>
      <p>{words.serverTroubleHint}</p>
      <button type="button" className="button button-large" onClick={reset}>
        {words.tryAgain}
      </button>
    </main>
  )
}
