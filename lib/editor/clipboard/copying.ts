import type { Slice } from '@tiptap/pm/model'
import type { EditorView } from '@tiptap/pm/view'
import type { Content } from '#lib/document/content.ts'
import { htmlOf, OPEN_ENDS } from '#lib/document/html/writing.ts'
import { textOf } from '#lib/document/text.ts'
import { readSelection } from '../binding/unread-selection.ts'

/** Copies the selection as HTML and as text, and deletes it if it is cut. Returns false if nothing is selected. */
export function copySelection(view: EditorView, event: ClipboardEvent, isCut: boolean): boolean {
  readSelection(view)
  const { clipboardData } = event
  if (view.state.selection.empty || !clipboardData) return false
  const slice = view.state.selection.content()
  clipboardData.clearData()
  clipboardData.setData('text/html', copiedHtml(slice))
  clipboardData.setData('text/plain', copiedText(slice))
  event.preventDefault()
  if (isCut && view.editable)
    view.dispatch(view.state.tr.deleteSelection().scrollIntoView().setMeta('uiEvent', 'cut'))
  return true
}

/** Returns a slice as HTML that other programs read, and from which this editor makes the same slice. */
export function copiedHtml(slice: Slice): string {
  const nodes = contentIn(slice)
  const { openStart, openEnd } = slice
  const [only] = nodes
  const ends = `${OPEN_ENDS}="${openStart} ${openEnd}"`
  // Words from the middle of a paragraph are not a paragraph to other programs.
  if (nodes.length === 1 && only?.type === 'paragraph' && openStart > 0 && openEnd > 0)
    return `<span ${ends}>${htmlOf(only.content ?? [])}</span>`
  return htmlOf(nodes).replace(/^<(\w+)/, `<$1 ${ends}`)
}

/** Returns a slice as text, with the signs of lists and boxes. */
export function copiedText(slice: Slice): string {
  return textOf(contentIn(slice))
}

function contentIn({ content }: Slice): Content[] {
  // Fragment.toJSON is typed as any, and null if there is nothing.
  const nodes: Content[] | null = content.toJSON()
  return nodes ?? []
}
