import type { Node } from '@tiptap/pm/model'
import * as Y from 'yjs'
import { isSameValue } from './format.ts'
import { writeLine } from './line-writing.ts'
import { Making } from './making.ts'
import type { Rendering } from './rendering.ts'
import { type Entry, elementEntry, equalNodes, isStrange, type Shown } from './shown.ts'
import { pairSiblings } from './siblings.ts'

/*
 * From the document to the Y.Doc: only the differences from the document as it was last shown. Nodes are compared with
 * nodes, never with the Y.Doc, which may hold more than is shown.
 */

/** Writes one local change into the Y.Doc. For use within one Yjs transaction. */
export class Writing {
  readonly #making: Making
  readonly #whole: boolean

  /** `whole`: rewrites blocks that differ, without looking for what stayed in them. */
  constructor(doc: Y.Doc, rendering: Rendering, whole: boolean) {
    this.#making = new Making(doc, rendering)
    this.#whole = whole
  }

  /** True if the Y.Doc must be shown again: unknown content was moved, or stands beside a change. */
  get isStale(): boolean {
    return this.#making.isStale
  }

  /** Makes the Y type say what `node` shows. `caret`: a position in its content, a hint where letters repeat. */
  write(shown: Shown, node: Node, caret: number | null): Shown {
    if (shown.node === node) return shown
    this.#attributes(shown, node)
    if (shown.node.content === node.content) return { ...shown, node }
    const entries = node.inlineContent
      ? writeLine(this.#making, this, shown, node, caret)
      : this.#blocks(shown, node.content.content, caret)
    const strange = entries.some(isStrange)
    // What could not be shown may have found a place.
    if (strange && entries.some(({ kind, nodes }) => kind === 'strange' && nodes.length === 0))
      this.#making.isStale = true
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
    for (const entry of seen) if (!places.has(entry)) this.#making.keep(entry)
    const result: Entry[] = []
    let [at, done] = [0, 0]
    const createUpTo = (end: number) => {
      const made = nodes.slice(done, end).flatMap((node) => this.#making.create(node) ?? [])
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
