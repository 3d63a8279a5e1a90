/*
 * The words of the document page, in the two languages of the interface; the compiler reports missing lines. zh-TW
 * uses Taiwan's terms and full-width punctuation. A browser loads one language (`loadWords`), so that nobody has to
 * wait for the other before typing; the words of the other pages, and of parts loaded on first use, are in files of
 * their own beside this one.
 */

import { byLanguage } from './language.ts'
import { en, type Words } from './page-words-en.ts'
import { zhTW } from './page-words-zh.ts'

export type { Words }

/** Returns the words of one language. For servers and tests. */
export const wordsIn = byLanguage<Words>({ en, 'zh-TW': zhTW })
