import type { Language } from './language.ts'
import type { Words } from './page-words-en.ts'

/** Loads the words of the document page in one language. The second time they are there already. */
export async function loadWords(language: Language): Promise<Words> {
  return language === 'en'
    ? (await import('./page-words-en.ts')).en
    : (await import('./page-words-zh.ts')).zhTW
}
