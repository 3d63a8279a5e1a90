import { Fragment, type Mark, type Node } from '@tiptap/pm/model'
import { yXmlFragmentToProseMirrorRootNode } from '@tiptap/y-tiptap'
import * as Y from 'yjs'
import { Format } from '#lib/editor/binding/format.ts'
import { Rendering } from '#lib/editor/binding/rendering.ts'
import type { Shown } from '#lib/editor/binding/shown.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { seededRandom } from '../../support/random.ts'
import { type Habits, RandomWriter, TEXTS } from './random-writer.ts'
import { WIDE, wideSchema } from './wide-schema.ts'

/** The number of operations done, and the failures found. */
export interface FuzzFinding {
  readonly operations: number
  readonly deliveries: number
  readonly coarse: number
  readonly failures: readonly string[]
}

const USUAL: Habits = { typing: 0.45, deleting: 0.1, texts: TEXTS }
/** Produces documents that shrink to nothing again and again. */
const SHRINKING: Habits = { typing: 0.2, deleting: 0.4, texts: TEXTS }
/** Operations per seed. */
export const OPERATIONS = 1500
/** One writer has a newer version, whose content the others do not know. */
const NEWER: Habits = { ...USUAL, texts: TEXTS.slice(0, -1), newer: true }
/** The interval, in checks, at which other code renders the document too. */
const OTHER_CODE_EVERY = 20
/** The number of blocks above which the writers delete more. */
const LARGE = 24

/**
 * Lets three people write, undo and redo concurrently; updates are delivered in any order, singly or several
 * together. After every step each document equals a fresh rendering of its Y type, is valid, and matches what the
 * binding remembers; at rest all are equal.
 */
export function fuzz(seed: number, operations = OPERATIONS): FuzzFinding {
  const random = seededRandom(seed)
  const habits = [SHRINKING, USUAL, NEWER][seed % 3] ?? USUAL
  const writers = [1, 2, 3].map((id) => new RandomWriter(id, random, habits))
  const inboxes = new Map<RandomWriter, Uint8Array[]>(writers.map((writer) => [writer, []]))
  for (const writer of writers) {
    writer.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'remote') for (const [other, inbox] of inboxes) if (other !== writer) inbox.push(update)
    })
  }
  const failures: string[] = []
  let deliveries = 0
  let done = 0
  let checks = 0
  const check = (writer: RandomWriter, what: string) => {
    checks += 1
    const found = faultIn(writer, !habits.newer && checks % OTHER_CODE_EVERY === 0)
    if (found)
      failures.push(`seed ${seed}, operation ${done}, replica ${writer.doc.clientID}, ${what}: ${found}`)
  }
  const attempt = (writer: RandomWriter, task: () => string) => {
    let what = ''
    try {
      what = task()
    } catch (error) {
      failures.push(
        `seed ${seed}, operation ${done}, ${what}: ${error instanceof Error ? error.stack : error}`,
      )
    }
    check(writer, what)
  }
  const deliver = (writer: RandomWriter, count: number) => {
    const inbox = inboxes.get(writer) ?? []
    if (inbox.length === 0) return
    deliveries += 1
    const before = objectsOf(writer)
    const touched = new Set<unknown>()
    const touch = ({ changedParentTypes }: Y.Transaction) => {
      for (const type of changedParentTypes.keys()) touched.add(type)
    }
    writer.doc.on('afterTransaction', touch)
    attempt(writer, () => {
      const taken = Array.from({ length: Math.min(count, inbox.length) }, () =>
        inbox.splice(Math.floor(random() * inbox.length), 1),
      ).flat()
      writer.doc.transact(() => {
        for (const update of taken) Y.applyUpdate(writer.doc, update, 'remote')
      }, 'remote')
      return `delivery of ${taken.length}`
    })
    writer.doc.off('afterTransaction', touch)
    for (const [type, node] of objectsOf(writer)) {
      if (touched.has(type) || !before.has(type) || before.get(type) === node) continue
      failures.push(`seed ${seed}, operation ${done}: ${node} did not change and is another object`)
    }
  }
  const rest = () => {
    for (const writer of writers) deliver(writer, Number.POSITIVE_INFINITY)
    // After updates out of order, Yjs may keep waiting for structs that have arrived; as in a new join, request what
    // is missing.
    for (const writer of writers) {
      for (const other of writers) {
        if (!writer.doc.store.pendingStructs || other === writer) continue
        const missing = Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(writer.doc))
        attempt(writer, () => {
          Y.applyUpdate(writer.doc, missing, 'remote')
          return 'a new join'
        })
      }
    }
    const [first, ...others] = writers
    for (const other of others) {
      if (first && !equal(first.state.doc, other.state.doc))
        failures.push(`seed ${seed}, at rest: replicas differ`)
    }
  }
  while (done < operations && failures.length === 0) {
    const writer = writers[Math.floor(random() * writers.length)]
    if (!writer) break
    if (random() < 0.5) {
      done += 1
      attempt(writer, () => (writer.state.doc.childCount > LARGE ? writer.shorten() : writer.act()))
    } else deliver(writer, random() < 0.8 ? 1 : 1 + Math.floor(random() * 10))
    if (done % 100 === 0) rest()
  }
  rest()
  const coarse = writers.reduce((sum, { binding }) => sum + binding.coarse, 0)
  return { operations: done, deliveries, coarse, failures }
}

/** Returns the node of each Y type. */
function objectsOf({ binding }: RandomWriter): Map<unknown, Node> {
  const found = new Map<unknown, Node>()
  const walk = ({ type, node, pieces }: Shown) => {
    found.set(type, node)
    for (const piece of pieces) if (piece.kind === 'element') walk(piece.shown)
  }
  if (binding.shown) walk(binding.shown)
  return found
}

/** Returns the fault in what a replica shows, or null if there is none. */
function faultIn(writer: RandomWriter, byOtherCode: boolean): string | null {
  const { doc } = writer.state
  if (writer.reports.length > 0)
    return `reported ${writer.reports.map((each) => (each instanceof Error ? each.stack : each))}`
  if (writer.binding.coarse > 0) return 'whole blocks were replaced'
  try {
    doc.check()
  } catch (error) {
    return `invalid: ${error}`
  }
  const fresh = new Rendering(new Format(WIDE.schema, WIDE.admission, WIDE.hashOfMark), {
    block: wideSchema.nodes.unknownBlock ?? null,
    inline: wideSchema.nodes.unknownInline ?? null,
  }).render(writer.fragment).node
  if (!equal(doc, fresh)) return `shows ${doc}, and the Y.Doc says ${fresh}`
  const { shown } = writer.binding
  const hole = shown && holeIn(shown, doc)
  if (!shown || hole) return `the binding remembers other objects: ${hole}`
  const other = byOtherCode ? renderedByOthers(writer) : null
  return other && !equal(doc, other) ? `shows ${doc}, and y-tiptap ${other}` : null
}

/** Returns a description of a node that differs between the binding and the document, or null if there is none. */
function holeIn(shown: Shown, node: Node): string | null {
  if (shown.node !== node) return `${shown.node} for ${node}`
  const nodes = shown.pieces.flatMap((piece) =>
    piece.nodes.filter(({ isText }) => !isText).map((each) => ({ piece, each })),
  )
  const children = node.content.content.filter(({ isText }) => !isText)
  if (nodes.length !== children.length) return `${nodes.length} children for ${children.length} in ${node}`
  for (const [index, { piece, each }] of nodes.entries()) {
    const child = children[index]
    if (!child || (piece.kind === 'text' ? !each.eq(child) : each !== child)) return `${each} for ${child}`
    const hole = piece.kind === 'element' ? holeIn(piece.shown, child) : null
    if (hole) return hole
  }
  return null
}

/**
 * Returns y-tiptap's rendering of a copy of the Y.Doc. Null if rendering would delete something, and while updates
 * wait for others: in a copy they may have found what they wait for.
 */
function renderedByOthers(writer: RandomWriter): Node | null {
  const { pendingStructs, pendingDs } = writer.doc.store
  if (pendingStructs || pendingDs) return null
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(writer.doc))
  let changed = false
  copy.on('update', () => {
    changed = true
  })
  const root = yXmlFragmentToProseMirrorRootNode(copy.getXmlFragment(ROOTS.body), wideSchema)
  return changed || root.childCount === 0 ? null : withValidMarks(root)
}

/** y-tiptap shows mutually exclusive marks as they are. */
function withValidMarks(node: Node): Node {
  if (node.isText) return node.mark(node.marks.reduce<readonly Mark[]>((set, mark) => mark.addToSet(set), []))
  return node.copy(Fragment.fromArray(node.content.content.map(withValidMarks)))
}

/** Returns true if the nodes are equal apart from the order of marks of one kind. */
function equal(a: Node, b: Node): boolean {
  return a.eq(b) || inOrder(a).eq(inOrder(b))
}

function inOrder(node: Node): Node {
  if (!node.isText) return node.copy(Fragment.fromArray(node.content.content.map(inOrder)))
  return node.mark(
    [...node.marks].sort((a, b) => JSON.stringify(a.toJSON()).localeCompare(JSON.stringify(b.toJSON()))),
  )
}
