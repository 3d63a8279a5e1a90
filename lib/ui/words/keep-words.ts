import { byLanguage } from './language.ts'

/* The words of the note to guests. Loaded with it, after the page can be typed in. */

const en = {
  /** The text before and after the link. */
  sentence: ['Only this browser knows these documents. Keep them: ', '.'] as const,
  ways: { 'sign-up': 'create an account', provider: 'sign in' },
}

export type KeepWords = {
  readonly sentence: readonly [before: string, after: string]
  readonly ways: typeof en.ways
}

const zhTW: KeepWords = {
  sentence: ['只有這個瀏覽器認得這些文件。想留住它們，請', '。'],
  ways: { 'sign-up': '建立帳號', provider: '登入' },
}

/** Returns the words of the note to guests, in one language. */
export const keepWordsIn = byLanguage<KeepWords>({ en, 'zh-TW': zhTW })
