import type * as Y from 'yjs'
import { fileName } from '#lib/document/file-name.ts'
import { htmlPage } from '#lib/document/html/page.ts'
import { plainText } from '#lib/document/text.ts'
import { copyText, downloadFile } from '#lib/ui/copy-text.ts'
import { HTML_LANG, type Language } from '#lib/ui/words/language.ts'

/* The ways of a document out of the page. Loaded later than the page, see prepareTextOut. */

/** A format to download, by the extension of its file. */
export type FileFormat = 'md' | 'html' | 'txt'

const markdown = () => import('#lib/document/markdown/writing.ts')

/** Loads the rest, so that the ways out are open without the server too. */
export async function prepare(): Promise<void> {
  await markdown()
}

/** Copies a document as Markdown. Returns false if the browser refuses. */
export async function copyMarkdown(doc: Y.Doc): Promise<boolean> {
  const { markdownOf } = await markdown()
  return copyText(markdownOf(doc))
}

/** Offers a document as a file named by its title. `untitled`: the name of one without a title. */
export async function download(
  doc: Y.Doc,
  format: FileFormat,
  untitled: string,
  language: Language,
): Promise<void> {
  const name = fileName(doc, untitled, format)
  switch (format) {
    case 'md': {
      const { markdownOf } = await markdown()
      downloadFile(name, 'text/markdown', markdownOf(doc))
      break
    }
    case 'html':
      downloadFile(name, 'text/html', htmlPage(doc, HTML_LANG[language]))
      break
    case 'txt':
      downloadFile(name, 'text/plain', plainText(doc))
      break
  }
}
