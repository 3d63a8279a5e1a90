import type { Fragment, Mark, Node, NodeType, Schema } from '@tiptap/pm/model'
import { Fragment as NodeFragment } from '@tiptap/pm/model'
import { type EditorState, Selection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { relativePositionToAbsolutePosition, ySyncPluginKey } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import { isAttributeValue, isMarkValue, NODE_KINDS } from '../protocol/document-schema.ts'
import { undoneSelection } from './binding/undo.ts'

/*
 * How a change of the Y.Doc that did not come from this editor reaches it: an observer that takes the place of
 * y-tiptap's own. That one renders the whole document anew for each remote keystroke (every node loses its identity),
 * scrolls the page, and may throw while it restores the selection, after which the next local key reverts the peer's
 * change. This one renders what changed, replaces the smallest range that differs, maps the selection through it, and
 * after any exception renders everything anew. docs/decisions/0014-remote-rendering.md
 */

/** What this file uses of y-tiptap's binding; its own types call all of it `any`. */
export interface Binding {
  readonly type: Y.XmlFragment
  readonly mapping: Parameters<typeof relativePositionToAbsolutePosition>[3]
  readonly mux: (task: () => void) => void
  readonly prosemirrorView: {
    readonly state: EditorState
    readonly editable?: boolean
    dispatch(tr: Transaction): void
  } | null
  _observeFunction: Observer
}

type Observer = Parameters<Y.XmlFragment['observeDeep']>[0]

/**
 * Shows the Y.Doc in the editor of `binding`, which must have its view, and takes over from y-tiptap's observer.
 * `report` hears of exceptions; the text is right again by then. Repeating is harmless.
 */
export function renderRemotely(binding: Binding, report: (error: unknown) => void): void {
  if (binding.type.length > 0) binding.mux(() => showAll(binding))
  binding.type.unobserveDeep(binding._observeFunction)
  binding._observeFunction = (_events, transaction) => {
    binding.mux(() => {
      try {
        showChange(binding, transaction)
      } catch (error) {
        showAll(binding)
        report(error)
      }
    })
  }
  binding.type.observeDeep(binding._observeFunction)
}

function showChange(binding: Binding, transaction: Y.Transaction): void {
  const view = binding.prosemirrorView
  if (!view) return
  for (const type of transaction.changed.keys()) binding.mapping.delete(type)
  for (const type of transaction.changedParentTypes.keys()) binding.mapping.delete(type)
  const { state } = view
  const content = render(binding, state.schema)
  const undone = transaction.origin instanceof Y.UndoManager
  const tr = replaceDifference(state, content)
  if (tr) {
    const end = endOfChange(tr)
    const undoneAt = undone ? (selectionBefore(binding, tr.doc, transaction) ?? near(tr.doc, end)) : null
    if (undoneAt) tr.setSelection(undoneAt).scrollIntoView()
    else keepSelection(tr, state)
    view.dispatch(asRemote(tr, undone))
  }
  adoptIdentities(binding, binding.type, binding.prosemirrorView?.state.doc ?? state.doc)
}

/** The document as the Y.Doc has it, the selection as near as it can be: at first, and after any exception. */
function showAll(binding: Binding): void {
  const view = binding.prosemirrorView
  if (!view) return
  binding.mapping.clear()
  const { state } = view
  const tr = state.tr.replaceWith(0, state.doc.content.size, render(binding, state.schema))
  const near = Math.min(state.selection.head, tr.doc.content.size)
  tr.setSelection(Selection.near(tr.doc.resolve(near), -1))
  view.dispatch(asRemote(tr, false))
}

function asRemote(tr: Transaction, undone: boolean): Transaction {
  // Not `addToHistory: false`: at the next caret move y-tiptap would end the undo step for it.
  return tr.setMeta(ySyncPluginKey, { isChangeOrigin: true, isUndoRedoOperation: undone })
}

/** The content of the Y.Doc as nodes; nodes that did not change are the very same objects. */
function render(binding: Binding, schema: Schema): Fragment {
  const { topNodeType } = schema
  const { nodes } = fitting(
    binding,
    binding.type,
    topNodeType,
    renderChildren(binding, binding.type, topNodeType),
  )
  if (nodes.length > 0) return NodeFragment.fromArray(nodes)
  // An emptied document is shown as the schema wants it; nothing is written to the Y.Doc for it.
  return topNodeType.createAndFill()?.content ?? NodeFragment.empty
}

/** Nodes, and the child of the Y type that each of them shows. */
interface Rendered {
  readonly nodes: Node[]
  readonly of: unknown[]
}

/** What no editor of ours makes is taken out of the Y.Doc, the smallest piece of it: what stands around it stays. */
function renderChildren(binding: Binding, parent: Y.XmlFragment, type: NodeType): Rendered {
  const nodes: Node[] = []
  const of: unknown[] = []
  const strange = new Set<unknown>()
  for (const child of parent.toArray() as unknown[]) {
    let shown: Node[] = []
    if (child instanceof Y.XmlText) shown = renderText(binding, child, type)
    else if (child instanceof Y.XmlElement) shown = renderElement(binding, child, type.schema)
    else strange.add(child)
    nodes.push(...shown)
    of.push(...shown.map(() => child))
  }
  discard(binding, parent, strange)
  return { nodes, of }
}

function renderElement(binding: Binding, element: Y.XmlElement, schema: Schema): Node[] {
  const known = binding.mapping.get(element)
  if (known && !Array.isArray(known)) return [known]
  const type = schema.nodes[element.nodeName]
  const kind = NODE_KINDS.get(element.nodeName)
  if (type && kind) {
    const rendered = fitting(binding, element, type, renderChildren(binding, element, type))
    try {
      const given: Record<string, unknown> = element.getAttributes()
      const attributes = Object.entries(kind.attributes).filter(([name, is]) =>
        isAttributeValue(is, given[name]),
      )
      const node = type.createChecked(
        Object.fromEntries(attributes.map(([name]) => [name, given[name]])),
        rendered.nodes,
      )
      binding.mapping.set(element, node)
      return [node]
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  // Unknown, or an item whose last paragraph two people removed at once. All clients come to the same answer; newer
  // schemas never reach this editor.
  if (element.parent instanceof Y.XmlFragment) discard(binding, element.parent, new Set([element]))
  return []
}

/** Without the children that may not stand where they stand, in the Y.Doc too. */
function fitting(binding: Binding, parent: Y.XmlFragment, type: NodeType, { nodes, of }: Rendered): Rendered {
  let match = type.contentMatch
  const strange = new Set<unknown>()
  const fit = nodes.map((node, index) => {
    const next = match.matchType(node.type)
    if (next) match = next
    else strange.add(of[index])
    return next !== null
  })
  if (strange.size === 0) return { nodes, of }
  discard(binding, parent, strange)
  return { nodes: nodes.filter((_, index) => fit[index]), of: of.filter((_, index) => fit[index]) }
}

/** Deletes children of a Y type; who may not edit only does not see them. */
function discard(binding: Binding, parent: Y.XmlFragment, children: ReadonlySet<unknown>): void {
  if (children.size === 0 || binding.prosemirrorView?.editable === false) return
  parent.doc?.transact(() => {
    const all: unknown[] = parent.toArray()
    for (let index = all.length - 1; index >= 0; index -= 1)
      if (children.has(all[index])) parent.delete(index, 1)
  }, ySyncPluginKey)
}

function renderText(binding: Binding, text: Y.XmlText, parent: NodeType): Node[] {
  const { schema } = parent
  const delta: { insert?: unknown; attributes?: Record<string, unknown> }[] = text.toDelta()
  if (delta.some(({ insert }) => typeof insert !== 'string')) discardEmbeds(binding, text)
  return delta.flatMap(({ insert, attributes = {} }) => {
    if (typeof insert !== 'string' || insert === '') return []
    // addToSet orders marks by the schema and drops those that exclude each other: the same result everywhere.
    const marks = Object.entries(attributes).reduce<readonly Mark[]>((set, [name, attrs]) => {
      const type = schema.marks[name]
      if (!type || !isMarkValue(name, attrs) || !parent.allowsMarkType(type)) return set
      return type.create(isAttributes(attrs) ? attrs : null).addToSet(set)
    }, [])
    return [schema.text(insert, marks)]
  })
}

/** Local edits count the characters of a text; what is none would shift them. */
function discardEmbeds(binding: Binding, text: Y.XmlText): void {
  if (binding.prosemirrorView?.editable === false) return
  text.doc?.transact(() => {
    let at = 0
    for (const { insert } of text.toDelta() as { insert: unknown }[]) {
      if (typeof insert === 'string') at += insert.length
      else text.delete(at, 1)
    }
  }, ySyncPluginKey)
}

function isAttributes(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** A transaction that makes the editor's document equal to `content` by one replacement; null when it is already. */
function replaceDifference(state: EditorState, content: Fragment): Transaction | null {
  const before = state.doc.content
  const start = before.findDiffStart(content)
  if (start === null) return null
  const end = before.findDiffEnd(content)
  if (!end) return null
  // The common start and end may overlap (repeated letters): give the overlap to the start.
  const overlap = Math.max(0, start - Math.min(end.a, end.b))
  const target = state.schema.topNodeType.create(null, content)
  const tr = state.tr.replace(start, end.a + overlap, target.slice(start, end.b + overlap))
  if (tr.doc.eq(target)) return tr
  return wholeBlocks(state, target)
}

/** The differing top-level blocks, replaced as a whole. */
function wholeBlocks(state: EditorState, target: Node): Transaction {
  const { doc } = state
  const shorter = Math.min(doc.childCount, target.childCount)
  let first = 0
  while (first < shorter && doc.child(first) === target.child(first)) first += 1
  let last = 0
  while (
    last < shorter - first &&
    doc.child(doc.childCount - 1 - last) === target.child(target.childCount - 1 - last)
  )
    last += 1
  const from = sizeOf(doc, 0, first)
  const to = doc.content.size - sizeOf(doc, doc.childCount - last, doc.childCount)
  const nodes: Node[] = []
  for (let index = first; index < target.childCount - last; index += 1) nodes.push(target.child(index))
  return state.tr.replaceWith(from, to, nodes)
}

function sizeOf(doc: Node, from: number, to: number): number {
  let size = 0
  for (let index = from; index < to; index += 1) size += doc.child(index).nodeSize
  return size
}

/** What somebody inserts exactly at one's caret comes behind it; a caret whose text is gone stays as near as it can. */
function keepSelection(tr: Transaction, state: EditorState): void {
  const { selection } = state
  if (!(selection instanceof TextSelection)) return
  const at = (position: number) => tr.doc.resolve(tr.mapping.map(position, -1))
  tr.setSelection(TextSelection.between(at(selection.anchor), at(selection.head), -1))
}

/** Where the person was before what they undo. */
function selectionBefore(binding: Binding, doc: Node, transaction: Y.Transaction): Selection | null {
  const before = undoneSelection(transaction)
  const { type, mapping } = binding
  const { doc: yDoc } = type
  if (!before || !yDoc) return null
  const [anchor, head] = [before.anchor, before.head].map((position) =>
    relativePositionToAbsolutePosition(yDoc, type, position, mapping),
  )
  if (typeof anchor !== 'number' || typeof head !== 'number') return null
  const at = (position: number) => doc.resolve(Math.min(position, doc.content.size))
  return TextSelection.between(at(anchor), at(head), -1)
}

function near(doc: Node, position: number | null): Selection | null {
  return position === null ? null : Selection.near(doc.resolve(position), -1)
}

function endOfChange(tr: Transaction): number | null {
  let end: number | null = null
  tr.mapping.maps.at(-1)?.forEach((_oldFrom, _oldTo, _newFrom, newTo) => {
    end = newTo
  })
  return end
}

/** Points the mapping at the nodes the editor really holds: along a replaced path they are new objects. */
function adoptIdentities(binding: Binding, parent: Y.XmlFragment, node: Node): void {
  const elements = parent.toArray().filter((child) => child instanceof Y.XmlElement)
  const blocks: Node[] = []
  node.forEach((child) => {
    if (!child.isText) blocks.push(child)
  })
  if (elements.length !== blocks.length) return
  elements.forEach((element, index) => {
    const block = blocks[index]
    if (!block || binding.mapping.get(element) === block || block.type.name !== element.nodeName) return
    binding.mapping.set(element, block)
    adoptIdentities(binding, element, block)
  })
}
