import { HTML_LANG, type Language } from '#lib/ui/words/language.ts'

/** A day as people write it; `at` in ms since the epoch, in the server's time zone. */
export function dateIn(language: Language, at: number): string {
  return new Intl.DateTimeFormat(HTML_LANG[language], { dateStyle: 'medium' }).format(at)
}
