/** The languages of the interface. */
export const LANGUAGES = ['en', 'zh-TW'] as const
export type Language = (typeof LANGUAGES)[number]

/** The value of `<html lang>`. */
export const HTML_LANG: Record<Language, string> = { en: 'en', 'zh-TW': 'zh-Hant-TW' }

/** The languages' names for themselves. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', 'zh-TW': '繁體中文' }

/** Returns a function that selects the words of a language. */
export function byLanguage<Words>(words: Record<Language, Words>): (language: Language) => Words {
  return (language) => words[language]
}
