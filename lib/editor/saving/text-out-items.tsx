'use client'

import { titleOf } from '#lib/document/title.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { report } from '#lib/protocol/report.ts'
import { type ApiPath, pathOf } from '#lib/protocol/urls.ts'
import { useLanguage, useWords } from '#lib/ui/interface.tsx'
import { MenuItem } from '#lib/ui/menu-items.tsx'
import { textOutWordsIn } from '#lib/ui/words/text-out-words.ts'
import type { DocumentSession } from '../session/document-session.ts'
import { copyMarkdown, download, type FileFormat } from './text-out.ts'

const FORMATS: readonly FileFormat[] = ['md', 'html', 'txt']

/** A copy waits this long for the last changes to be on the server, ms. */
const SAVED_PATIENCE = 4000

export interface TextOutProps {
  readonly session: Pick<DocumentSession, 'doc' | 'provider'>
  readonly address: string
  /** Called with a sentence for the person, when an entry has acted or could not. */
  readonly onTell: (sentence: string) => void
}

interface ItemsProps extends TextOutProps {
  /** Closes the menu, then acts. */
  readonly choose: (act: () => void) => () => void
}

/** The entries of the ⋯ menu that take the text out of the page, and make documents. */
export function TextOutItems({ session, address, onTell, choose }: ItemsProps) {
  const words = useWords()
  const { language } = useLanguage()
  const own = textOutWordsIn(language)
  const { doc, provider } = session
  const attempt = (act: () => Promise<void>) => async () => {
    try {
      await act()
    } catch (error) {
      report('a way out was not loaded', error)
      onTell(words.notLoaded)
    }
  }
  const copy = attempt(async () => {
    onTell((await copyMarkdown(doc)) ? own.markdownCopied : words.copyFailed)
  })
  const save = (format: FileFormat) => attempt(() => download(doc, format, words.untitled, language))
  const makeCopy = async () => {
    if (!(await isSaved(provider))) {
      onTell(own.notSaved)
      return
    }
    const title = titleOf(doc)
    const named = title === '' ? '' : own.copyOf(title).slice(0, LIMITS.titleLength)
    openByForm('documents/copy', { address, title: named })
  }
  return (
    <>
      <MenuItem onChoose={choose(() => void copy())}>{own.copyMarkdown}</MenuItem>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset has no place in a menu */}
      <div role="group" aria-label={own.download}>
        <p className="menu-heading" aria-hidden="true">
          {own.download}
        </p>
        {FORMATS.map((format) => (
          <MenuItem key={format} onChoose={choose(() => void save(format)())}>
            {own.formats[format]}
          </MenuItem>
        ))}
      </div>
      <hr />
      <MenuItem onChoose={choose(() => openByForm('documents', {}))}>{own.newDocument}</MenuItem>
      <MenuItem onChoose={choose(() => void makeCopy())}>{own.makeCopy}</MenuItem>
    </>
  )
}

/** Resolves to true when all changes are on the server, to false if that takes too long. */
async function isSaved(provider: DocumentSession['provider']): Promise<boolean> {
  if (provider.save.saved) return true
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), SAVED_PATIENCE)
  const stop = provider.on('save', (save) => {
    if (save.saved) resolve(true)
  })
  const saved = await promise
  clearTimeout(timer)
  stop()
  return saved
}

/** Sends a form whose answer opens in a new tab: this document stays open. A refusal has a page of its own. */
function openByForm(path: ApiPath, fields: Readonly<Record<string, string>>): void {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = pathOf({ to: 'api', path })
  form.target = '_blank'
  form.hidden = true
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement('input')
    field.name = name
    field.value = value
    form.append(field)
  }
  document.body.append(form)
  form.submit()
  form.remove()
}
