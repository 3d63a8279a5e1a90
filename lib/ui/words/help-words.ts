import { byLanguage } from './language.ts'

/* The words of the page of help. */

const en = {
  title: 'Help',
  parts: {
    start: {
      title: 'Start and share',
      text: [
        'Click “Start writing”. The new document has its own link, in the address bar and under “Share”. Anyone who opens the link can write with you.',
        'Under “Share” you choose whether people with the link can edit, view, or do nothing. You can give the link a password or an expiry date, and replace it by a new one.',
      ],
    },
    saved: {
      title: 'What “Saved” means',
      text: [
        'When it says “Saved”, everything you typed is on the server’s disk.',
        'Without a connection you can keep typing. Your text is kept on this device, and is sent and merged when the connection is back.',
      ],
    },
    account: {
      title: 'With and without an account',
      text: [
        'You can write without an account. Then only this browser knows which documents are yours: create an account to find them on other devices too.',
        'A deleted document stays in the trash on your front page for 30 days.',
      ],
    },
    keys: {
      title: 'Keyboard',
      text: [
        'In a document, Ctrl + / (on a Mac ⌘ + /) shows all shortcuts. At the start of a line, # makes a heading, - a list, and [] a task.',
      ],
    },
  },
  licence: {
    title: 'Licence',
    text: 'Commonplace is free software under the MIT licence. You may use, change and pass it on.',
  },
  source: {
    title: 'Source code',
    at: 'The source code of this server:',
    ask: 'The person who runs this server has the source code; ask them for it.',
  },
}

export type HelpWords = typeof en

const zhTW: HelpWords = {
  title: '使用說明',
  parts: {
    start: {
      title: '開始與分享',
      text: [
        '按「開始寫」。新文件有自己的連結，就是網址列的網址，也在「分享」裡。打開連結的人都能和你一起寫。',
        '在「分享」裡，可以決定有連結的人能編輯、檢視，或不開放；也可以設定密碼和到期日，或產生新連結。',
      ],
    },
    saved: {
      title: '「已儲存」的意思',
      text: [
        '看到「已儲存」，表示你輸入的內容都已寫入伺服器磁碟。',
        '斷線時可以繼續打字。內容會先存在這台裝置，連上後自動送出並合併。',
      ],
    },
    account: {
      title: '有帳號與沒有帳號',
      text: [
        '沒有帳號也能寫，但只有這個瀏覽器知道哪些文件是你的。建立帳號後，在其他裝置也找得到。',
        '刪除的文件會在首頁的垃圾桶保留 30 天。',
      ],
    },
    keys: {
      title: '鍵盤',
      text: [
        '在文件裡按 Ctrl + /（Mac 為 ⌘ + /）會列出所有快速鍵。在一行的開頭，# 是標題，- 是清單，[] 是待辦。',
      ],
    },
  },
  licence: {
    title: '授權條款',
    text: 'Commonplace 是採用 MIT 授權的自由軟體，可以自由使用、修改與散布。以下是授權條款原文。',
  },
  source: {
    title: '原始碼',
    at: '這台伺服器的原始碼：',
    ask: '管理這台伺服器的人有原始碼，請向對方索取。',
  },
}

/** Returns the words of the page of help, in one language. */
export const helpWordsIn = byLanguage<HelpWords>({ en, 'zh-TW': zhTW })
