import type { Node, NodeType } from '@tiptap/pm/model'
import * as Y from 'yjs'
import { type Format, isSameValue } from './format.ts'
import { writeLine } from './line-writing.ts'
import type { Rendering } from './rendering.ts'
import { type Entry, elementEntry, equalNodes, isStrange, type Shown, type TextEntry } from './shown.ts'
import { pairSiblings } from './siblings.ts'
import { type Kept, living, strangeIds } from './strange.ts'

/*
 * From the document to the Y.Doc: what differs from what was shown, and nothing else. Node is compared with node, never
 * with the Y.Doc, which may hold more than is shown.
 */

/** One local change on its way into the Y.Doc; to be used within one Yjs transaction. */
export class Writing {
  readonly format: Format
  readonly #doc: Y.Doc
  readonly #placeholders: ReadonlySet<NodeType | null>
  readonly #whole: boolean
  readonly #kept = new Map<string, Kept>()
  /** Something unknown was moved, or stands beside what changed: it has to be shown anew. */
  isStale = false

  /** `whole`: blocks that differ are written anew, without looking what of them stayed. */
  constructor(doc: Y.Doc, { format, placeholders }: Rendering, whole: boolean) {
    this.#doc = doc
    this.format = format
    this.#placeholders = new Set([placeholders.block, placeholders.inline])
    this.#whole = whole
  }

  /** Makes the Y type say what `node` shows. `caret`: a position in its content, a hint where letters repeat. */
  write(shown: Shown, node: Node, caret: number | null): Shown {
    if (shown.node === node) return shown
    this.#attributes(shown, node)
    if (shown.node.content === node.content) return { ...shown, node }
    const entries = node.inlineContent
      ? writeLine(this, shown, node, caret)
      : this.#blocks(shown, node.content.content, caret)
    const strange = entries.some(isStrange)
    // What could not be shown may have found a place.
    if (strange && entries.some(({ kind, nodes }) => kind === 'strange' && nodes.length === 0))
      this.isStale = true
    return { type: shown.type, node, entries, strange }
  }

  #attributes({ type, node: before }: Shown, { attrs }: Node): void {
    if (!(type instanceof Y.XmlElement)) return
    for (const [name, value] of Object.entries(attrs)) {
      if (isSameValue(before.attrs[name], value)) continue
      if (value === null || value === undefined) type.removeAttribute(name)
      else type.setAttribute(name, value)
    }
  }

  #blocks({ type, entries }: Shown, nodes: readonly Node[], caret: number | null): Entry[] {
    const seen = entries.filter((entry) => entry.nodes.length > 0)
    const places = this.#whole ? untouched(seen, nodes) : placesOf(seen, nodes)
    const carets = caretsIn(nodes, caret)
    const update = (entry: Entry, place: number): Entry => {
      const node = nodes[place]
      if (!node || entry.kind === 'text' || entry.kind === 'fill') return entry
      if (entry.kind === 'element')
        return elementEntry(entry.key, this.write(entry.shown, node, carets(place)))
      return { ...entry, nodes: [node] }
    }
    if (isSameList(seen, nodes, places)) {
      return entries.map((entry) => {
        const place = places.get(entry)
        return place === undefined ? entry : update(entry, place)
      })
    }
    for (const entry of seen) if (!places.has(entry)) this.keep(entry)
    const result: Entry[] = []
    let [at, done] = [0, 0]
    const createUpTo = (end: number) => {
      const made = nodes.slice(done, end).flatMap((node) => this.create(node) ?? [])
      done = end
      if (made.length > 0) type.insert(at, made.map(({ key }) => key) as Y.XmlElement[])
      result.push(...made)
      at += made.length
    }
    for (const entry of entries) {
      // What filled the schema becomes part of the text with the first change beside it.
      if (entry.kind === 'fill') continue
      const place = places.get(entry)
      if (place === undefined && entry.nodes.length > 0) {
        type.delete(at, 1)
        continue
      }
      if (place !== undefined) {
        createUpTo(place)
        done = place + 1
      }
      result.push(place === undefined ? entry : update(entry, place))
      at += 1
    }
    createUpTo(nodes.length)
    return result
  }

  /** A new child for a node that is no text; null for a placeholder of what is gone. */
  create(node: Node): Exclude<Entry, { kind: 'fill' }> | null {
    if (this.#placeholders.has(node.type)) {
      const kept = this.kept(node)
      if (!kept) return null
      return { kind: 'strange', key: kept.make() as object, nodes: [node] }
    }
    const type = new Y.XmlElement(node.type.name)
    for (const [name, value] of Object.entries(node.attrs))
      if (value !== null && value !== undefined) type.setAttribute(name, value)
    const entries = textRuns(node.content.content).flatMap((run) =>
      Array.isArray(run) ? this.text(run) : (this.create(run) ?? []),
    )
    type.insert(0, entries.map(({ key }) => key) as Y.XmlElement[])
    return elementEntry(type, { type, node, entries, strange: entries.some(isStrange) })
  }

  /** A new text of text nodes. */
  text(nodes: readonly Node[]): TextEntry {
    const text = new Y.XmlText()
    text.applyDelta(
      nodes.map((node) => ({
        insert: this.wellFormed(node),
        attributes: this.format.textAttributes(node.marks),
      })),
    )
    return { kind: 'text', key: text, nodes, strange: false }
  }

  /** The text of a node. Half of a character cannot be sent, and others would see something else. */
  wellFormed({ text = '' }: Node): string {
    if (text.isWellFormed()) return text
    this.isStale = true
    return text.toWellFormed()
  }

  /** Before an entry is deleted: what is not known in it is copied, for it may stand elsewhere now. */
  keep(entry: Entry): void {
    if (!isStrange(entry)) return
    for (const id of strangeIds(entry)) {
      const found = living(this.#doc, id)
      if (found) this.#kept.set(id, found)
    }
  }

  /** What a placeholder stands for; null when that is gone. */
  kept(placeholder: Node): Kept | null {
    if (!this.#placeholders.has(placeholder.type)) return null
    this.isStale = true
    const id = String(placeholder.attrs.of)
    return this.#kept.get(id) ?? living(this.#doc, id)
  }
}

/** Which node each entry has become. */
function placesOf(seen: readonly Entry[], nodes: readonly Node[]): Map<Entry, number> {
  const places = new Map<Entry, number>()
  const pairs = pairSiblings(
    seen.flatMap((entry) => entry.nodes),
    nodes,
  )
  seen.forEach((entry, index) => {
    const place = pairs[index] ?? null
    const node = place === null ? null : nodes[place]
    if (place === null || !node) return
    // A placeholder becomes nothing else; another one is another thing.
    if (entry.kind === 'strange' && !equalNodes(entry.nodes, [node])) return
    places.set(entry, place)
  })
  return places
}

/** Only the equal ones before and behind what differs. */
function untouched(seen: readonly Entry[], nodes: readonly Node[]): Map<Entry, number> {
  const places = new Map<Entry, number>()
  const isSame = (entry: Entry | undefined, node: Node | undefined) =>
    entry !== undefined && node !== undefined && equalNodes(entry.nodes, [node])
  let start = 0
  for (; start < seen.length && isSame(seen[start], nodes[start]); start += 1)
    places.set(seen[start] as Entry, start)
  for (let end = 1; end <= Math.min(seen.length, nodes.length) - start; end += 1) {
    const entry = seen.at(-end)
    if (!entry || !isSame(entry, nodes.at(-end))) break
    places.set(entry, nodes.length - end)
  }
  return places
}

/** True when only insides changed: all blocks are there in their order, and what fills the schema is as it was. */
function isSameList(
  seen: readonly Entry[],
  nodes: readonly Node[],
  places: ReadonlyMap<Entry, number>,
): boolean {
  return (
    seen.length === nodes.length &&
    seen.every(
      (entry, index) =>
        places.get(entry) === index && (entry.kind !== 'fill' || entry.nodes[0] === nodes[index]),
    )
  )
}

/** For each block the caret's place in it, or null. */
function caretsIn(nodes: readonly Node[], caret: number | null): (index: number) => number | null {
  return (index) => {
    if (caret === null) return null
    let start = 1
    for (let before = 0; before < index; before += 1) start += nodes[before]?.nodeSize ?? 0
    const place = caret - start
    return place >= 0 && place <= (nodes[index]?.content.size ?? 0) ? place : null
  }
}

/** Neighbouring text nodes are one text in the Y.Doc. */
function textRuns(nodes: readonly Node[]): (Node | Node[])[] {
  const runs: (Node | Node[])[] = []
  for (const node of nodes) {
    const last = runs.at(-1)
    if (!node.isText) runs.push(node)
    else if (Array.isArray(last)) last.push(node)
    else runs.push([node])
  }
  return runs
}
