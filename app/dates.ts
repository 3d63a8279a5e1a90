import { HTML_LANG, type Language } from '#lib/ui/words/language.ts'

/** Formats a day in the reader's language; `at` in ms since the epoch, in the server's time zone. */
export function dateIn(language: Language, at: number): string {
  return new Intl.DateTimeFormat(HTML_LANG[language], { dateStyle: 'medium' }).format(at)
}
