import { byLanguage } from './language.ts'

/* The words of what takes the text out of the page and makes documents. Loaded with these entries of the ⋯ menu. */

const en = {
  copyMarkdown: 'Copy as Markdown',
  markdownCopied: 'Copied as Markdown.',
  download: 'Download',
  formats: { md: 'Markdown (.md)', html: 'Web page (.html)', txt: 'Plain text (.txt)' },
  newDocument: 'New document',
  makeCopy: 'Make a copy',
  copyOf: (title: string) => `Copy of ${title}`,
  notSaved: 'Your last changes are not on the server yet. Make the copy when it says Saved.',
}

export type TextOutWords = typeof en

const zhTW: TextOutWords = {
  copyMarkdown: '複製為 Markdown',
  markdownCopied: '已複製為 Markdown。',
  download: '下載',
  formats: { md: 'Markdown 檔（.md）', html: '網頁（.html）', txt: '純文字（.txt）' },
  newDocument: '新增文件',
  makeCopy: '建立副本',
  copyOf: (title) => `「${title}」的副本`,
  notSaved: '最後的變更還沒存到伺服器，請等到顯示「已儲存」再建立副本。',
}

/** Returns the words for taking the text out, in one language. */
export const textOutWordsIn = byLanguage<TextOutWords>({ en, 'zh-TW': zhTW })
