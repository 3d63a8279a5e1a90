import { byLanguage } from './language.ts'

/* The words of the error page. Every page loads them, so this file has no others. */

const en = {
  serverTrouble: 'The server could not show this page.',
  serverTroubleHint: 'What you wrote is kept. Try again in a moment.',
  tryAgain: 'Try again',
}

export type TroubleWords = typeof en

const zhTW: TroubleWords = {
  serverTrouble: '伺服器無法顯示這一頁。',
  serverTroubleHint: '你寫的內容都還在，請稍後再試。',
  tryAgain: '再試一次',
}

/** Returns the words of the error page, in one language. */
export const troubleWordsIn = byLanguage<TroubleWords>({ en, 'zh-TW': zhTW })
