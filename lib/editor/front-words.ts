import { byLanguage } from './language.ts'

/* The words of the pages that need no JavaScript: the front page and its trash, a link's password, what was refused. */

const count = (n: number) => n.toLocaleString('en')

const en = {
  heroLines: ['Write together.', 'Right now.'],
  lead: 'Start a document, hand somebody the link, and type together. No sign-up. When it says “Saved”, it is saved.',
  start: 'Start writing',
  openLabel: 'Link to a document',
  openPlaceholder: 'Paste a link to a document',
  open: 'Open',
  openFailed: 'That is not a link to a document. Paste the whole link.',
  recent: 'Recent',
  remove: (title: string) => `Remove “${title}”`,
  removeOwned: 'Delete it for everybody? You can bring it back for 30 days.',
  removeVisited: 'Take it off your list? The document stays.',
  removeButton: 'Take off the list',
  justNow: 'just now',
  trash: {
    heading: (n: number) => `Trash (${count(n)})`,
    days: (n: number) => (n === 1 ? 'erased in 1 day' : `erased in ${n} days`),
    restore: 'Restore',
    restoreWhat: (title: string) => `Restore “${title}”`,
    erase: 'Erase now',
    eraseWhat: (title: string) => `Erase now: “${title}”`,
    eraseAsk: 'Erase it for good? Nobody can bring it back.',
  },
  footer: 'Open source, on your own server.',
  pageNotFound: 'There is no page here.',
  locked: {
    title: 'This link asks for a password',
    hint: 'The person who gave you the link knows it.',
    label: 'Password',
    wrong: 'That is not the password. Try again.',
    open: 'Open',
  },
}

export type FrontWords = typeof en

const zhTW: FrontWords = {
  heroLines: ['一起寫，', '現在就開始。'],
  lead: '開一份文件，把連結給別人，就能一起打字。不用註冊；看到「已儲存」，就是真的存好了。',
  start: '開始寫',
  openLabel: '文件連結',
  openPlaceholder: '貼上文件連結',
  open: '開啟',
  openFailed: '這不是文件的連結，請貼上完整的連結。',
  recent: '最近',
  remove: (title) => `移除「${title}」`,
  removeOwned: '要為所有人刪除嗎？30 天內都可以復原。',
  removeVisited: '要從清單移除嗎？文件本身會保留。',
  removeButton: '從清單移除',
  justNow: '剛剛',
  trash: {
    heading: (n) => `垃圾桶（${count(n)}）`,
    days: (n) => `${n} 天後清除`,
    restore: '復原',
    restoreWhat: (title) => `復原「${title}」`,
    erase: '立即清除',
    eraseWhat: (title) => `立即清除：「${title}」`,
    eraseAsk: '要永久清除嗎？清除後沒有人能復原。',
  },
  footer: '開放原始碼，在你自己的伺服器上。',
  pageNotFound: '這裡沒有網頁。',
  locked: {
    title: '這個連結需要密碼',
    hint: '給你連結的人知道密碼。',
    label: '密碼',
    wrong: '密碼不對，請再試一次。',
    open: '開啟',
  },
}

/** The words of the pages without JavaScript, in one language. */
export const frontWordsIn = byLanguage<FrontWords>({ en, 'zh-TW': zhTW })
