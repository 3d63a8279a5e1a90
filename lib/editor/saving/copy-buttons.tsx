'use client'

import { fileName, htmlPage, plainText } from '#lib/document/text.ts'
import { copyText, downloadFile } from '#lib/ui/copy-text.ts'
import { DownloadIcon } from '#lib/ui/icons.tsx'
import { useAnnounce, useLanguage, useWords } from '#lib/ui/interface.tsx'
import { HTML_LANG } from '#lib/ui/words/language.ts'
import type { DocumentSession } from '../session/document-session.ts'

/** Buttons that copy or download the text of the page. */
export function CopyButtons({ session }: { session: Pick<DocumentSession, 'doc'> }) {
  const words = useWords()
  const announce = useAnnounce()
  const { language } = useLanguage()
  const { doc } = session
  const copy = async () => {
    const copied = await copyText(plainText(doc))
    announce(copied ? words.save.textCopied : words.copyFailed)
  }
  return (
    <div className="button-row">
      <button
        type="button"
        className="button button-quiet"
        onClick={() => downloadFile(fileName(doc, words.untitled, 'txt'), 'text/plain', plainText(doc))}
      >
        <DownloadIcon size={15} />
        {words.save.asText}
      </button>
      <button
        type="button"
        className="button button-quiet"
        onClick={() =>
          downloadFile(fileName(doc, words.untitled, 'html'), 'text/html', htmlPage(doc, HTML_LANG[language]))
        }
      >
        <DownloadIcon size={15} />
        {words.save.asHtml}
      </button>
      <button type="button" className="button button-quiet" onClick={() => void copy()}>
        {words.save.copyText}
      </button>
    </div>
  )
}
