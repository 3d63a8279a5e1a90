/*
 * Guesses the language of a text by its script, so that it gets the right fonts and is read out by the right voice.
 */

/** Chinese as the first users write it. */
const CHINESE = 'zh-Hant-TW'

/** Only so much of a text is looked at, UTF-16 units. */
export const LOOKED_AT = 400
/** With a larger share of kana, Han characters are Japanese. */
const KANA_SHARE = 0.1

/** The languages of scripts, by the names of the groups of `LETTERS`; Han is the reader's. */
const LANGUAGES = {
  Latin: 'en',
  Hangul: 'ko',
  Cyrillic: 'ru',
  Greek: 'el',
  Hebrew: 'he',
  Arabic: 'ar',
  Devanagari: 'hi',
  Thai: 'th',
} as const
type Script = 'Han' | 'Kana' | keyof typeof LANGUAGES

/** A Han character or a kana weighs as much as a word of another script. */
const LETTERS = new RegExp(
  [
    '(?<Han>[\\p{sc=Han}\\p{sc=Bopomofo}])',
    '(?<Kana>[\\p{sc=Hiragana}\\p{sc=Katakana}])',
    ...Object.keys(LANGUAGES).map((script) => `(?<${script}>[\\p{sc=${script}}\\p{M}'’]*\\p{sc=${script}})`),
  ].join('|'),
  'gu',
)

/** How many words or characters of each script a text has. */
export type Letters = ReadonlyMap<Script, number>

/** Counts the letters at the beginning of a text. */
export function lettersIn(text: string): Letters {
  const letters = new Map<Script, number>()
  for (const { groups } of text.slice(0, LOOKED_AT).matchAll(LETTERS))
    for (const [script, found] of Object.entries(groups ?? {}))
      if (found !== undefined) letters.set(script as Script, (letters.get(script as Script) ?? 0) + 1)
  return letters
}

/** Returns the language of a text, or null if it has no letters. `han`: the language of Han characters alone. */
export function languageOf(letters: Letters, han: string = CHINESE): string | null {
  const kana = letters.get('Kana') ?? 0
  let most = (letters.get('Han') ?? 0) + kana
  let language = most === 0 ? null : kana >= KANA_SHARE * most ? 'ja' : han
  for (const [script, count] of letters) {
    if (script === 'Han' || script === 'Kana' || count <= most) continue
    language = LANGUAGES[script]
    most = count
  }
  return language
}

/** Returns the language of most of several texts, or null if they have no letters. */
export function mainLanguageOf(texts: Iterable<Letters>, han: string = CHINESE): string | null {
  const weights = new Map<string, number>()
  let [main, most]: [string | null, number] = [null, 0]
  for (const letters of texts) {
    const language = languageOf(letters, han)
    if (language === null) continue
    let weight = weights.get(language) ?? 0
    for (const count of letters.values()) weight += count
    weights.set(language, weight)
    if (weight > most) [main, most] = [language, weight]
  }
  return main
}

/** Returns the language of Han characters for a reader: the first Chinese or Japanese of `preferred`. */
export function hanLanguage(preferred: readonly string[]): string {
  return preferred.find((language) => /^(zh|yue|ja)\b/i.test(language)) ?? CHINESE
}
