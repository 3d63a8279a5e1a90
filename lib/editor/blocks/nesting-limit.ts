import { Extension } from '@tiptap/core'
import { Fragment, type Node, Slice } from '@tiptap/pm/model'
import { type EditorState, Plugin, PluginKey, type Transaction } from '@tiptap/pm/state'
import * as LIMITS from '#lib/protocol/limits.ts'
import { syncKey } from '../binding/plugin-states.ts'

/*
 * Keeps local edits within `BLOCK_NESTING`. The server refuses anything nested much deeper, and a document written in
 * our editor must never get there. Deeper blocks that another client wrote are left as they are.
 */

/**
 * The deepest nesting of blocks that the editor creates: well below the server's limit, which also counts the text of
 * a block.
 */
export const BLOCK_NESTING = LIMITS.typeNesting - 8

/** The notice for the person: a block stays where it is, or pasted content came in flatter. */
export type NestingNotice = 'refused' | 'flattened'

/** The levels a list item's own paragraph needs: the list, the item, the paragraph. */
const LIST_LEVELS = 3
/** The levels of a paragraph in a quote: the quote, the paragraph. */
const QUOTE_LEVELS = 2
/** A space, full-width included, triggers the Markdown shortcut. */
const ENDS_MARKDOWN = /^\s$/
/** The text in front of that space that makes a list or a quote. */
const DEEPENS = /^\s*(?:[-+*>－＊＋•‧＞]|[0-9０-９]{1,3}[.．]|[[［]\s?[xX×ｘＸ✓]?[\]］])$/

export interface NestingLimitOptions {
  readonly onNotice: (notice: NestingNotice) => void
}

/** The limit as a Tiptap extension. */
export const NestingLimit = Extension.create<NestingLimitOptions>({
  name: 'nestingLimit',
  // Above the input rules that make lists of Markdown.
  priority: 1200,
  addOptions: () => ({ onNotice: () => undefined }),
  addProseMirrorPlugins() {
    return [nestingLimit((notice) => this.options.onNotice(notice))]
  },
})

/** The limit as a ProseMirror plugin. */
export function nestingLimit(onNotice: (notice: NestingNotice) => void): Plugin {
  return new Plugin({
    key: new PluginKey('nestingLimit'),
    filterTransaction: (tr, state) => {
      // Changes from the Y.Doc have already happened.
      if (!tr.docChanged || tr.getMeta(syncKey) !== undefined || !deepens(tr, state)) return true
      onNotice('refused')
      return false
    },
    props: {
      transformPasted: (slice, { state }) => {
        const fitting = fittingSlice(slice, state)
        if (fitting !== slice) onNotice('flattened')
        return fitting
      },
      // Type the character itself. Otherwise the key would seem dead where no deeper block may begin.
      handleTextInput: (view, from, to, text) => {
        if (view.composing || !ENDS_MARKDOWN.test(text)) return false
        const { depth, parent, parentOffset } = view.state.doc.resolve(from)
        if (depth + LIST_LEVELS - 1 <= BLOCK_NESTING) return false
        if (!DEEPENS.test(parent.textBetween(0, parentOffset, undefined, ' '))) return false
        view.dispatch(view.state.tr.insertText(text, from, to).scrollIntoView())
        onNotice('refused')
        return true
      },
    },
  })
}

/** Returns true if a transaction nests a block deeper than the limit and deeper than anything was there before. */
function deepens(tr: Transaction, { doc }: EditorState): boolean {
  const range = changedRange(tr)
  const depth = deepest(tr.doc, range.from, range.to)
  if (depth <= BLOCK_NESTING) return false
  const back = tr.mapping.invert()
  return depth > deepest(doc, back.map(range.from, -1), back.map(range.to, 1))
}

/**
 * Returns the range from the first to the last change, in the new document. Content that was wrapped lies within it.
 */
export function changedRange({ mapping, doc }: Transaction): { from: number; to: number } {
  let [from, to] = [doc.content.size, 0]
  mapping.maps.forEach((map, index) => {
    const after = mapping.slice(index + 1)
    map.forEach((_oldStart, _oldEnd, start, end) => {
      from = Math.min(from, after.map(start, -1))
      to = Math.max(to, after.map(end, 1))
    })
  })
  return { from, to: Math.max(from, to) }
}

/** Returns the depth of the most deeply nested block between two positions. */
function deepest(doc: Node, from: number, to: number): number {
  let most = 0
  const visit = (parent: Node, start: number, depth: number): void => {
    parent.forEach((child, offset) => {
      const at = start + offset
      if (child.isInline || at > to || at + child.nodeSize < from) return
      most = Math.max(most, depth)
      if (!child.isTextblock) visit(child, at + 1, depth + 1)
    })
  }
  visit(doc, 0, 1)
  return most
}

/** Returns the slice, or one flat enough for the selection that keeps all text. */
function fittingSlice(slice: Slice, state: EditorState): Slice {
  const height = Math.max(0, ...slice.content.content.map(heightOf))
  // Pasting adds at most one list around it.
  if (state.selection.$from.depth + height < BLOCK_NESTING) return slice
  let fitting = slice
  for (let room = Math.min(height, BLOCK_NESTING); room > 0; room--) {
    if (room < height)
      fitting = Slice.maxOpen(
        Fragment.fromArray(slice.content.content.flatMap((node) => flattened(node, room))),
      )
    if (!deepens(pasted(fitting, state), state)) break
  }
  return fitting
}

/** Returns the transaction that ProseMirror would paste with. */
function pasted({ content, openStart, openEnd, size }: Slice, { tr }: EditorState): Transaction {
  const single = openStart === 0 && openEnd === 0 && content.childCount === 1 ? content.firstChild : null
  if (single) return tr.replaceSelectionWith(single, false)
  return size === 0 ? tr : tr.replaceSelection(new Slice(content, openStart, openEnd))
}

/** Returns the levels of blocks in a node, itself included; 0 if it is inline. */
function heightOf(node: Node): number {
  if (node.isInline) return 0
  if (node.isTextblock || node.isLeaf) return 1
  return 1 + Math.max(0, ...node.content.content.map(heightOf))
}

/** Returns the nodes that replace a block so that it takes up no more than `room` levels. */
function flattened(node: Node, room: number): readonly Node[] {
  if (heightOf(node) <= room) return [node]
  if (isItem(node)) return items(node, room).map((content) => node.copy(Fragment.fromArray([...content])))
  if (isList(node)) {
    const [item] = node.content.content
    if (room < LIST_LEVELS || !item) return inside(node).flatMap((child) => flattened(child, room))
    const inner = node.content.content.flatMap((each) => flattened(each, room - 1))
    return [node.copy(Fragment.fromArray(inner))]
  }
  const inner = node.content.content
  if (room < QUOTE_LEVELS) return inner.flatMap((child) => flattened(child, room))
  return [node.copy(Fragment.fromArray(inner.flatMap((child) => flattened(child, room - 1))))]
}

/** Returns the contents of the items of a list. */
function inside(list: Node): readonly Node[] {
  return list.content.content.flatMap((item) => (isItem(item) ? item.content.content : [item]))
}

/** Returns the items that replace one item: the items of a nested list without room follow it. */
function items(item: Node, room: number): readonly (readonly Node[])[] {
  const found: Node[][] = [[]]
  for (const child of item.content.content) {
    if (isList(child) && room - 1 < LIST_LEVELS)
      for (const inner of child.content.content) found.push(...items(inner, room).map((nodes) => [...nodes]))
    else found.at(-1)?.push(...flattened(child, room - 1))
  }
  return found.filter((nodes) => nodes.length > 0)
}

function isItem({ type }: Node): boolean {
  return type.name === 'listItem' || type.name === 'taskItem'
}

function isList({ type }: Node): boolean {
  return type.name === 'bulletList' || type.name === 'orderedList' || type.name === 'taskList'
}
