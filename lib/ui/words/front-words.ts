import type { ErrorCode } from '#lib/protocol/errors.ts'
import { byLanguage } from './language.ts'

/* The words of the pages that need no JavaScript: the front page and its trash, the password of a link, refusals. */

const count = (n: number) => n.toLocaleString('en')

/** The text of the picture of two carets. The end of each person's line is typed while one looks. */
interface Picture {
  readonly label: string
  readonly title: string
  readonly saved: string
  readonly item: string
  readonly people: readonly [PicturedPerson, PicturedPerson]
}

interface PicturedPerson {
  readonly name: string
  readonly initials: string
  readonly before: string
  readonly typed: string
}

const en = {
  heroLines: ['Write together.', 'Right now.'],
  lead: 'Start a document, send someone the link, and type together. No sign-up. When it says “Saved”, it is saved.',
  start: 'Start writing',
  openLabel: 'Link to a document',
  openPlaceholder: 'Paste a link to a document',
  open: 'Open',
  openFailed: 'That doesn’t look like a document link. Paste the whole link.',
  recent: 'Recent',
  remove: (title: string) => `Remove “${title}”`,
  removeOwned: 'Delete it for everyone? You can restore it for 30 days.',
  removeVisited: 'Remove it from your list? The document itself stays.',
  removeButton: 'Remove from the list',
  justNow: 'just now',
  trash: {
    heading: (n: number) => `Trash (${count(n)})`,
    days: (n: number) => (n === 1 ? 'Deleted for good in 1 day' : `Deleted for good in ${n} days`),
    restore: 'Restore',
    restoreWhat: (title: string) => `Restore “${title}”`,
    erase: 'Delete forever',
    eraseWhat: (title: string) => `Delete forever: “${title}”`,
    eraseAsk: 'Delete it forever? This can’t be undone.',
  },
  facts: [
    {
      title: 'Saved means saved',
      text: 'The word appears when your text is on the server’s disk, not a moment earlier.',
    },
    {
      title: 'No waiting',
      text: 'Everyone types at the same time. Without a connection you keep typing, and it merges later.',
    },
    {
      title: 'You decide who gets in',
      text: 'Each link opens one document, for editing or for viewing only. Change or end it at any time.',
    },
  ],
  picture: {
    label: 'Mei and Daniel write in the same document. Each sees the other’s caret, and it says Saved.',
    title: 'Wetland walk, Saturday',
    saved: 'Saved',
    item: 'Binoculars, a hat, water',
    people: [
      { name: 'Mei', initials: 'ME', before: 'We meet at ', typed: 'half past eight' },
      { name: 'Daniel', initials: 'DA', before: 'I bring ', typed: 'the bird guide' },
    ],
  } satisfies Picture,
  footer: 'Open source, on your own server.',
  links: { help: 'Help', licence: 'Licence', source: 'Source code' },
  pageNotFound: 'There is no page here.',
  pageNotFoundHint: 'Check the address, or go back to the front page.',
  locked: {
    title: 'This link is protected by a password',
    hint: 'Ask the person who gave you the link.',
    label: 'Password',
    wrong: 'Wrong password. Try again.',
    open: 'Open',
  },
  refused: {
    title: 'That didn’t work',
    back: 'To the front page',
    tooOften: 'Too many requests in a short time. Wait a moment, go back, and try again.',
    crowded: 'This server has reached its connection limit. Wait a moment, then try again.',
    tooMany:
      'The limit of documents for one person, or for one network in a day, has been reached. Delete some first, or come back tomorrow.',
    signInFirst: 'You need to sign in for this. Sign in, then try again.',
    forbidden: 'You don’t have permission to do this. Signing in may help.',
    notFound: 'What you asked for does not exist, or is not shared with you.',
    locked: 'This link is protected by a password. Open it again and enter the password first.',
    unclear: 'The server did not understand the form. Go back, reload the page, and try again.',
    tooLong: 'That was too long for the form. Go back and shorten it.',
    full: 'This document is full. Go on in a new one.',
    noRoom: 'Your storage is full. Delete documents and empty the trash, or create an account.',
    diskLow:
      'The server’s disk is almost full, so guests can’t start documents now. Sign in, or try again later.',
    notNow: 'The server cannot do this right now. Go back and try again in a moment.',
  },
}

export type FrontWords = typeof en

const zhTW: FrontWords = {
  heroLines: ['一起寫，', '現在就開始。'],
  lead: '開一份文件，把連結傳給別人，就能一起打字。不用註冊；看到「已儲存」，就是真的存好了。',
  start: '開始寫',
  openLabel: '文件連結',
  openPlaceholder: '貼上文件連結',
  open: '開啟',
  openFailed: '這看起來不是文件的連結，請貼上完整的連結。',
  recent: '最近',
  remove: (title) => `移除「${title}」`,
  removeOwned: '要為所有人刪除嗎？30 天內都可以還原。',
  removeVisited: '要從清單移除嗎？文件本身會保留。',
  removeButton: '從清單移除',
  justNow: '剛剛',
  trash: {
    heading: (n) => `垃圾桶（${count(n)}）`,
    days: (n) => `${n} 天後永久刪除`,
    restore: '還原',
    restoreWhat: (title) => `還原「${title}」`,
    erase: '永久刪除',
    eraseWhat: (title) => `永久刪除「${title}」`,
    eraseAsk: '要永久刪除嗎？刪除後無法還原。',
  },
  facts: [
    { title: '「已儲存」就是存好了', text: '文字寫進伺服器的磁碟之後，才會出現這三個字。' },
    { title: '不用等', text: '大家同時打字。斷線時也能繼續寫，連上後自動合併。' },
    { title: '由你決定誰能進來', text: '每個連結只開一份文件，可以編輯或僅供檢視，隨時都能更改或停用。' },
  ],
  picture: {
    label: '美玲和大衛在同一份文件裡寫字，看得到彼此的游標，畫面顯示「已儲存」。',
    title: '週六濕地觀察',
    saved: '已儲存',
    item: '望遠鏡、帽子、水',
    people: [
      { name: '美玲', initials: '美', before: '八點半北門集合，', typed: '先看地圖。' },
      { name: '大衛', initials: '大', before: '我帶', typed: '鳥類圖鑑和計數器' },
    ],
  },
  footer: '開放原始碼，在你自己的伺服器上。',
  links: { help: '使用說明', licence: '授權條款', source: '原始碼' },
  pageNotFound: '找不到這個網頁。',
  pageNotFoundHint: '請確認網址，或回到首頁。',
  locked: {
    title: '這個連結有密碼保護',
    hint: '請向給你連結的人詢問密碼。',
    label: '密碼',
    wrong: '密碼不對，請再試一次。',
    open: '開啟',
  },
  refused: {
    title: '這個動作沒有完成',
    back: '回到首頁',
    tooOften: '這裡短時間內的要求太多。請稍等一下，返回上一頁再試。',
    crowded: '伺服器的連線數已達上限。請稍等一下，再試一次。',
    tooMany: '你擁有的文件，或你的網路今天建立的文件已達上限。請先刪除一些，或明天再來。',
    signInFirst: '登入後才能這麼做。請先登入，再試一次。',
    forbidden: '你沒有執行這個動作的權限，登入後也許可以。',
    notFound: '你要的內容不存在，或沒有分享給你。',
    locked: '這個連結有密碼保護，請重新開啟連結並先輸入密碼。',
    unclear: '伺服器看不懂這份表單。請重新載入那一頁，再試一次。',
    tooLong: '內容超過表單能接受的長度，請返回上一頁縮短。',
    full: '這份文件已經滿了，請在新文件繼續。',
    noRoom: '你的儲存空間已滿。請刪除文件並清空垃圾桶，或建立帳號。',
    diskLow: '伺服器的磁碟快滿了，訪客目前無法建立文件。請登入，或稍後再試。',
    notNow: '伺服器現在沒辦法完成，請返回上一頁，稍後再試。',
  },
}

/** Returns the words of the pages without JavaScript, in one language. */
export const frontWordsIn = byLanguage<FrontWords>({ en, 'zh-TW': zhTW })

/** Returns a sentence that tells why a form was refused, and what to do. */
export function refusedSentence(code: ErrorCode, { refused }: FrontWords): string {
  switch (code) {
    case 'rate-limited':
      return refused.tooOften
    case 'too-many-connections':
      return refused.crowded
    case 'too-many-documents':
      return refused.tooMany
    case 'unauthenticated':
    case 'session-expired':
      return refused.signInFirst
    case 'forbidden':
    case 'read-only':
      return refused.forbidden
    case 'not-found':
    case 'document-deleted':
      return refused.notFound
    case 'link-locked':
      return refused.locked
    case 'too-large':
      return refused.tooLong
    case 'document-full':
      return refused.full
    case 'owner-full':
      return refused.noRoom
    case 'disk-low':
      return refused.diskLow
    case 'draining':
    case 'storage-slow':
    case 'storage-failed':
    case 'document-damaged':
    case 'internal':
      return refused.notNow
    // A form gets a page of its own (lib/ui/refusal-page.ts).
    case 'foreign-origin':
    // Only programs receive these codes: no form of ours is answered with one.
    case 'bad-message':
    case 'protocol-version':
    case 'not-joined':
    case 'schema-too-old':
    case 'client-id-taken':
    case 'invalid-update':
    case 'foreign-client':
    case 'unknown-root':
    case 'lineage-changed':
    case 'unknown-event':
    case 'gap':
    case 'rewind':
      return refused.unclear
  }
}
