import { cookies, headers } from 'next/headers'
import { LANGUAGE_COOKIE, languageFor, THEME_COOKIE, type Theme, themeFor } from '#lib/ui/preferences.ts'
import type { Language } from '#lib/ui/words/language.ts'
import { type Words, wordsIn } from '#lib/ui/words/page-words.ts'

/** The visitor of the page in this request: their language and appearance. */
export interface Visitor {
  readonly language: Language
  readonly theme: Theme
  readonly words: Words
}

/** Returns language and appearance for this request: from cookies if chosen, otherwise as the browser asks. */
export async function currentVisitor(): Promise<Visitor> {
  const jar = await cookies()
  const language = languageFor(jar.get(LANGUAGE_COOKIE)?.value, (await headers()).get('accept-language'))
  return { language, theme: themeFor(jar.get(THEME_COOKIE)?.value), words: wordsIn(language) }
}
