import type { ErrorCode } from '#lib/protocol/errors.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { LANGUAGE_COOKIE, languageFor } from './preferences.ts'
import { foreignWordsIn } from './words/foreign-words.ts'
import { frontWordsIn, refusedSentence } from './words/front-words.ts'
import { HTML_LANG, type Language } from './words/language.ts'
import { wordsIn } from './words/page-words.ts'

const CHOSEN = new RegExp(`(?:^|;\\s*)${LANGUAGE_COOKIE}=([^;]*)`)
const STYLE =
  'body{max-width:32rem;margin:18vh auto 0;padding:0 24px;font:16px/1.6 system-ui,sans-serif}h1{font-size:1.5rem;line-height:1.3}p,pre{overflow-wrap:anywhere}pre{padding:12px 14px;border:1px solid;border-radius:8px;font-size:14px;white-space:pre-wrap;user-select:all}'

/** The headers that tell the reader's language. */
interface ReaderHeaders {
  readonly cookie?: string | undefined
  readonly 'accept-language'?: string | undefined
}

/** The addresses of a refused page, as `Origins` describes them. */
interface Addresses {
  readonly from: string | null
  readonly own: string
  readonly isOtherSite: boolean
}

/**
 * Returns the content of app/refused as one small page that loads nothing else, for browsers refused before their
 * request reaches Next. `nonce` is from the policy sent with it.
 */
export function refusalPage(code: ErrorCode, headers: ReaderHeaders, nonce: string): string {
  const language = languageFor(CHOSEN.exec(headers.cookie ?? '')?.[1], headers['accept-language'] ?? null)
  const words = frontWordsIn(language)
  const { title, back } = words.refused
  return pageOf({ language, nonce, title }, [
    `<p>${refusedSentence(code, words)}</p>`,
    `<p><a href="${pathOf({ to: 'front' })}">${back}</a></p>`,
  ])
}

/**
 * Returns the page for a form sent from an address that this server does not know as its own. It names both, and the
 * setting. It cannot be a page of its own address, where anybody could put words into it by a link.
 */
export function foreignOriginPage(addresses: Addresses, headers: ReaderHeaders, nonce: string): string {
  const language = languageFor(CHOSEN.exec(headers.cookie ?? '')?.[1], headers['accept-language'] ?? null)
  const words = foreignWordsIn(language)
  const { from, own, isOtherSite } = addresses
  if (isOtherSite) {
    return pageOf({ language, nonce, title: words.otherSite }, [
      `<p>${words.otherSiteHint(escaped(from))}</p>`,
    ])
  }
  return pageOf({ language, nonce, title: words.title }, [
    `<p>${words.sentence(escaped(from), escaped(own) ?? '')}</p>`,
    ...(from === null
      ? []
      : [
          `<p>${words.setting(escaped(from) ?? '')}</p>`,
          `<pre>PUBLIC_URL=${escaped(from)}</pre>`,
          `<p>${words.unknown}</p>`,
        ]),
  ])
}

function pageOf(
  { language, nonce, title }: { readonly language: Language; readonly nonce: string; readonly title: string },
  body: readonly string[],
): string {
  return `<!doctype html>
<html lang="${HTML_LANG[language]}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${wordsIn(language).product}</title>
<style nonce="${nonce}">${STYLE}</style>
<h1>${title}</h1>
${body.join('\n')}
</html>
`
}

function escaped<Text extends string | null>(text: Text): Text
function escaped(text: string | null): string | null {
  return text?.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`) ?? null
}
