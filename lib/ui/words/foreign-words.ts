import { byLanguage } from './language.ts'

/* The words for a server that is opened at an address it does not know: with PUBLIC_URL missing or different. */

const en = {
  title: 'This server does not know this address',
  sentence: (from: string | null, own: string) =>
    `${from === null ? 'The page was opened at an address that your browser does not tell' : `The page was opened at ${from}`}, but this server knows itself as ${own}. It accepts forms only from its own address, so nothing was done.`,
  setting: (from: string) =>
    `If you run this server and people should open it at ${from}, start it with this setting:`,
  unknown: 'If you do not know this address, close the page: it may be a copy made by someone else.',
  otherSite: 'This form was sent by another site',
  otherSiteHint: (from: string | null) =>
    `It came from ${from ?? 'a page of another site'}. Nothing was done. If you did not expect this, close the page.`,
  banner: (from: string, own: string) =>
    `You opened this server at ${from}, but it knows itself as ${own}: forms and documents will not work here. If you run it, start it with this setting (as your address bar shows the address):`,
}

export type ForeignWords = typeof en

const zhTW: ForeignWords = {
  title: '這台伺服器不認得這個網址',
  sentence: (from, own) =>
    `${from === null ? '瀏覽器沒有告知網頁是從哪個網址開啟的' : `這個網頁是從 ${from} 開啟的`}，但這台伺服器認得的網址是 ${own}。它只接受從自己的網址送出的表單，所以什麼都沒有變更。`,
  setting: (from) => `如果你管理這台伺服器，而大家應該從 ${from} 開啟它，請用這項設定重新啟動：`,
  unknown: '如果你不認得這個網址，請關閉這個網頁：它可能是別人做的仿冒網頁。',
  otherSite: '這份表單是從其他網站送出的',
  otherSiteHint: (from) =>
    `它來自${from === null ? '其他網站的網頁' : ` ${from}`}，什麼都沒有變更。如果這不是你預期的，請關閉這個網頁。`,
  banner: (from, own) =>
    `你從 ${from} 開啟這台伺服器，但它認得的網址是 ${own}，所以表單和文件在這裡都無法使用。如果你管理這台伺服器，請用這項設定重新啟動（網址以網址列顯示的為準）：`,
}

/** Returns the words for an unknown address, in one language. */
export const foreignWordsIn = byLanguage<ForeignWords>({ en, 'zh-TW': zhTW })
