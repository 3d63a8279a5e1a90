import type { ErrorCode } from '#lib/protocol/errors.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { LANGUAGE_COOKIE, languageFor } from './preferences.ts'
import { frontWordsIn, refusedSentence } from './words/front-words.ts'
import { HTML_LANG } from './words/language.ts'
import { wordsIn } from './words/page-words.ts'

const CHOSEN = new RegExp(`(?:^|;\\s*)${LANGUAGE_COOKIE}=([^;]*)`)
const STYLE =
  'body{max-width:32rem;margin:18vh auto 0;padding:0 24px;font:16px/1.6 system-ui,sans-serif}h1{font-size:1.5rem;line-height:1.3}'

/** The headers that tell the reader's language. */
interface ReaderHeaders {
  readonly cookie?: string | undefined
  readonly 'accept-language'?: string | undefined
}

/**
 * Returns the content of app/refused as one small page that loads nothing else, for browsers refused before their
 * request reaches Next. `nonce` is from the policy sent with it.
 */
export function refusalPage(code: ErrorCode, headers: ReaderHeaders, nonce: string): string {
  const language = languageFor(CHOSEN.exec(headers.cookie ?? '')?.[1], headers['accept-language'] ?? null)
  const words = frontWordsIn(language)
  const { title, back } = words.refused
  return `<!doctype html>
<html lang="${HTML_LANG[language]}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${wordsIn(language).product}</title>
<style nonce="${nonce}">${STYLE}</style>
<h1>${title}</h1>
<p>${refusedSentence(code, words)}</p>
<p><a href="${pathOf({ to: 'front' })}">${back}</a></p>
</html>
`
}
