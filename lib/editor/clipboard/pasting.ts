import type { MarkType, ResolvedPos, Slice } from '@tiptap/pm/model'
import type { EditorState } from '@tiptap/pm/state'
import type { EditorView } from '@tiptap/pm/view'
import { report } from '#lib/protocol/report.ts'
import type { Carried } from './carried.ts'
import { isTooLarge } from './paste-limit.ts'
import { keepPlace, type Place, returnTo } from './waiting-places.ts'

/**
 * Things that a paste or a drop could not do. *unformatted*: the reader of formats could not be loaded; *not-pasted*: nothing
 * that pastes could.
 */
export type ClipboardNotice =
  | 'too-large'
  | 'files-refused'
  | 'pictures-refused'
  | 'pictures-left-out'
  | 'unformatted'
  | 'not-pasted'

/** A module that is loaded when it is first needed. */
class Later<Module> {
  readonly #load: () => Promise<Module>
  loaded: Module | null = null

  constructor(load: () => Promise<Module>) {
    this.#load = load
  }

  async fetch(): Promise<Module> {
    this.loaded ??= await this.#load()
    return this.loaded
  }
}

const reading = new Later(() => import('./reading.ts'))
const markdown = new Later(() => import('#lib/document/markdown/reading.ts'))

/** Loads everything that reads a paste. */
export async function loadReaders(): Promise<void> {
  await Promise.all([reading.fetch(), markdown.fetch()])
}

/**
 * Pastes and drops. ProseMirror does both itself, through `transformHtml`, `sliceOfText` and `linkSelection`; what it
 * is to read is decided before, and waits where it was pasted until its reader has been loaded.
 */
export class Pasting {
  readonly #onNotice: (notice: ClipboardNotice) => void
  /** The content that ProseMirror is reading. */
  #carried: Carried | null = null
  #queue: Promise<void> = Promise.resolve()

  constructor(onNotice: (notice: ClipboardNotice) => void) {
    this.#onNotice = onNotice
  }

  /** Takes what an event carries to a place. Returns true if ProseMirror has nothing more to do. */
  take(view: EditorView, event: Event, content: Carried, place: Place): boolean {
    const refused = refusalOf(content)
    if (refused) {
      event.preventDefault()
      this.#onNotice(refused)
      return true
    }
    if (content.html === '' && content.text === '') return false
    if (isReady(content)) {
      this.#begin(content)
      return false
    }
    event.preventDefault()
    const key = keepPlace(view, place)
    this.#queue = this.#queue
      .then(() => this.pasteLater(view, content, key))
      .catch((error: unknown) => report('a paste failed', error, 'error'))
    return true
  }

  transformHtml(html: string): string {
    return reading.loaded?.readableHtml(html, this.#carried?.language ?? null) ?? html
  }

  /** Returns null if the reader is not loaded. */
  sliceOfText(text: string, $context: ResolvedPos, plain: boolean): Slice | null {
    const reader = reading.loaded
    if (!reader) return null
    const isPlain = this.#carried?.isPlain ?? plain
    const source = reader.needsMarkdown({ text, isPlain }) ? markdown.loaded : null
    return source
      ? reader.sliceOf($context.doc.type.schema, source.readMarkdown(text))
      : reader.sliceOfLines(text, $context, isPlain)
  }

  /** Makes the selected words a link if what is pasted over them is one address. */
  linkSelection(view: EditorView, slice: Slice): boolean {
    const { state } = view
    const { selection } = state
    const type = state.schema.marks.link
    if (this.#carried?.isPlain || !type || !takesMark(state, type)) return false
    const href = reading.loaded?.onlyAddress(slice.content.textBetween(0, slice.content.size, '\n'))
    if (!href) return false
    const link = type.create({ href })
    view.dispatch(state.tr.addMark(selection.from, selection.to, link).setMeta('preventAutolink', true))
    return true
  }

  /** Notes the content until ProseMirror has read it, which it does in the same turn. */
  #begin(content: Carried): void {
    this.#carried = content
    queueMicrotask(() => {
      this.#carried = null
      reading.loaded?.forget()
    })
    if (readHtml(content)?.pictures) this.#onNotice('pictures-left-out')
  }

  /** Pastes content at a place that was kept for it. */
  async pasteLater(view: EditorView, content: Carried, key: object): Promise<void> {
    let read = content
    try {
      await load(content)
    } catch (error) {
      report('what reads a paste was not loaded', error)
      read = { ...content, html: '', isPlain: true }
    }
    if (view.isDestroyed) return
    const refused = view.editable ? refusalOf(read) : null
    if (refused) this.#onNotice(refused)
    const here = keepPlace(view, view.state.selection)
    const moved = returnTo(view, key)
    if (!refused && view.editable) {
      if (read !== content) this.#onNotice('unformatted')
      this.#begin(read)
      const inCode = view.state.selection.$from.parent.type.spec.code
      if (read.html !== '' && !read.isPlain && !inCode) view.pasteHTML(read.html)
      else view.pasteText(read.text)
    }
    // The person has gone on writing elsewhere.
    if (moved) returnTo(view, here)
  }
}

/** Returns true if words are selected, all of which may have a mark. */
function takesMark({ doc, selection: { from, to } }: EditorState, type: MarkType): boolean {
  let [words, others] = [0, 0]
  doc.nodesBetween(from, to, ({ isText }, _at, parent) => {
    if (isText && parent?.type.allowsMarkType(type)) words += 1
    else if (isText) others += 1
  })
  return from < to && words > 0 && others === 0
}

/** Returns the reason for which nothing of the content can be taken, null if something can, or if it is not known. */
function refusalOf(content: Carried): ClipboardNotice | null {
  const { html, text, hasFiles } = content
  if (isTooLarge(html) || isTooLarge(text)) return 'too-large'
  if (text.trim() !== '') return null
  if (html === '') return hasFiles ? 'files-refused' : null
  const read = readHtml(content)
  return read?.blocks.length === 0 && (read.pictures > 0 || hasFiles) ? 'pictures-refused' : null
}

function readHtml({ html, isPlain }: Carried) {
  return html === '' || isPlain ? null : (reading.loaded?.read(html) ?? null)
}

function isReady(content: Carried): boolean {
  const reader = reading.loaded
  return (
    reader !== null && (content.html !== '' || markdown.loaded !== null || !reader.needsMarkdown(content))
  )
}

async function load(content: Carried): Promise<void> {
  const reader = await reading.fetch()
  if (content.html === '' && reader.needsMarkdown(content)) await markdown.fetch()
}
