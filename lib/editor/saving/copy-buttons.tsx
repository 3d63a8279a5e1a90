'use client'

import { plainText } from '#lib/document/text.ts'
import { report } from '#lib/protocol/report.ts'
import { copyText } from '#lib/ui/copy-text.ts'
import { DownloadIcon } from '#lib/ui/icons.tsx'
import { useAnnounce, useLanguage, useWords } from '#lib/ui/interface.tsx'
import type { DocumentSession } from '../session/document-session.ts'
import type { FileFormat } from './text-out.ts'

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
  const save = async (format: FileFormat) => {
    try {
      const { download } = await import('./text-out.ts')
      await download(doc, format, words.untitled, language)
    } catch (error) {
      report('the download was not loaded', error)
      announce(words.notLoaded, 'assertive')
    }
  }
  return (
    <div className="button-row">
      <button type="button" className="button button-quiet" onClick={() => void save('txt')}>
        <DownloadIcon size={15} />
        {words.save.asText}
      </button>
      <button type="button" className="button button-quiet" onClick={() => void save('html')}>
        <DownloadIcon size={15} />
        {words.save.asHtml}
      </button>
      <button type="button" className="button button-quiet" onClick={() => void copy()}>
        {words.save.copyText}
      </button>
    </div>
  )
}
