import * as Y from 'yjs'
import { UndoStack } from '#lib/editor/binding/undo-stack.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { seededRandom } from '../support/random.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

/** The undo manager: ours, or Yjs's own, which the tests show to fail. */
export type UndoClass = new (
  type: Y.XmlFragment,
  options: { captureTimeout: number; deleteFilter?: (item: Y.Item) => boolean },
) => Y.UndoManager

/** Edits per seed. */
const EDITS = 2000
const BLOCKS = 12
/** Steps end at random here, not by the clock. */
const NEVER = Number.MAX_SAFE_INTEGER
const MARKS = [{ bold: {} }, { bold: null }, { italic: {} }, { italic: null }] as const

/** A replica that writes into the children of `place` as the editor would: blocks, lists, text, marks, attributes. */
class Writer {
  readonly doc = new Y.Doc()
  readonly body = this.doc.getXmlFragment(ROOTS.body)
  readonly undo: Y.UndoManager
  readonly #random: () => number

  constructor(clientId: number, random: () => number, Undo: UndoClass) {
    this.doc.clientID = clientId
    this.#random = random
    this.undo = new Undo(this.body, { captureTimeout: NEVER })
  }

  below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  edit(place: Y.XmlFragment = this.body): void {
    const texts = textsIn(place)
    const text = texts[this.below(texts.length)]
    const kind = this.below(24)
    if (!text || kind === 0) this.#insertBlock(place)
    else if (kind < 3) this.#withBlock(place, (parent, at) => parent.delete(at, 1))
    else if (kind < 5) this.#withBlock(place, (parent, at, block) => this.#retype(parent, at, block))
    else if (kind === 5) this.#withBlock(place, (_parent, _at, block) => this.#level(block))
    else if (kind < 8 && text.length > 0) {
      const [at, length] = this.#range(text)
      text.format(at, length, MARKS[this.below(MARKS.length)] ?? {})
    } else if (kind < 13 && text.length > 0) text.delete(...this.#range(text))
    else text.insert(this.below(text.length + 1), 'abc你好d'.slice(0, 1 + this.below(6)))
  }

  #insertBlock(place: Y.XmlFragment): void {
    const lists = place
      .toArray()
      .filter((child) => child instanceof Y.XmlElement && child.nodeName === 'list')
    const list = lists[this.below(lists.length)]
    const into = list instanceof Y.XmlElement && this.below(2) === 0 ? list : place
    if (into.length > BLOCKS) return
    const name = into === place && this.below(3) === 0 ? 'list' : into === place ? 'paragraph' : 'item'
    const block = new Y.XmlElement(name)
    const inner = name === 'list' ? new Y.XmlElement('item') : block
    if (inner !== block) block.insert(0, [inner])
    inner.insert(0, [new Y.XmlText('new')])
    this.doc.transact(() => into.insert(this.below(into.length + 1), [block]))
  }

  #withBlock(
    place: Y.XmlFragment,
    act: (parent: Y.XmlFragment, at: number, block: Y.XmlElement) => void,
  ): void {
    const at = this.below(place.length)
    const block = place.get(at)
    if (!(block instanceof Y.XmlElement)) return
    const inner = this.below(block.length)
    const item = block.nodeName === 'list' && this.below(3) > 0 ? block.get(inner) : null
    this.doc.transact(() => (item instanceof Y.XmlElement ? act(block, inner, item) : act(place, at, block)))
  }

  /** Turns a paragraph into a heading: the editor writes a new element in its place. */
  #retype(parent: Y.XmlFragment, at: number, block: Y.XmlElement): void {
    if (block.nodeName === 'list') return
    const made = new Y.XmlElement(block.nodeName)
    made.insert(
      0,
      block.toArray().map((child) => child.clone() as Y.XmlText),
    )
    parent.delete(at, 1)
    parent.insert(at, [made])
  }

  #level(block: Y.XmlElement): void {
    const level = this.below(4)
    if (level === 0) block.removeAttribute('level')
    else block.setAttribute('level', String(level))
  }

  #range(text: Y.XmlText): [number, number] {
    const at = this.below(text.length)
    return [at, 1 + this.below(Math.min(6, text.length - at))]
  }
}

function textsIn(type: Y.XmlFragment): Y.XmlText[] {
  return type.toArray().flatMap((child) => {
    if (child instanceof Y.XmlText) return [child]
    return child instanceof Y.XmlElement ? textsIn(child) : []
  })
}

/** Returns everything visible in a type, as one string. */
function shown(type: Y.XmlFragment): string {
  return JSON.stringify(
    type.toArray().map((child) => {
      if (child instanceof Y.XmlText) return child.toDelta()
      return child instanceof Y.XmlElement ? [child.nodeName, child.getAttributes(), shown(child)] : null
    }),
  )
}

/**
 * Runs three replicas that write, undo and redo, with updates delivered in any order; steps span many edits, with
 * other people's between them. Every hundred edits everything is delivered. Returns the differences then, in words:
 * none, if undo is sound.
 */
export function undoTogether(seed: number, edits: number, Undos: readonly UndoClass[]): string[] {
  const random = seededRandom(seed)
  const writers = Undos.map(
    (Undo, i) => new Writer((i + 1) * 1000 + Math.floor(random() * 1000), random, Undo),
  )
  const inboxes = new Map(writers.map((writer) => [writer, [] as Uint8Array[]]))
  for (const { doc } of writers) {
    doc.on('update', (update, origin) => {
      if (origin === 'wire') return
      for (const [writer, inbox] of inboxes) if (writer.doc !== doc) inbox.push(update)
    })
  }
  const deliver = (writer: Writer, inbox: Uint8Array[]): void => {
    const [update] = inbox.splice(writer.below(inbox.length), 1)
    if (update) Y.applyUpdate(writer.doc, update, 'wire')
  }
  for (let edit = 1; edit <= edits; edit++) {
    const writer = writers[Math.floor(random() * writers.length)]
    const inbox = writer && inboxes.get(writer)
    if (!writer || !inbox) throw new Error('a writer')
    if (random() < 0.4) for (let i = writer.below(4); i >= 0; i--) deliver(writer, inbox)
    const dice = random()
    if (dice < 0.05) writer.undo.stopCapturing()
    try {
      if (dice < 0.15) writer.undo.undo()
      else if (dice < 0.2) writer.undo.redo()
      else writer.edit()
    } catch (error) {
      return [`seed ${seed}, edit ${edit}: ${error}`]
    }
    if (edit % 100 > 0 && edit < edits) continue
    while ([...inboxes.values()].some(({ length }) => length > 0))
      for (const [each, waiting] of inboxes) while (waiting.length > 0) deliver(each, waiting)
    const differences = differencesOf(writers.map(({ doc }) => doc))
    if (differences.length > 0) return differences.map((what) => `seed ${seed}, after ${edit} edits: ${what}`)
  }
  return []
}

/**
 * Returns how the replicas differ: with the same updates all must show the same, and so must a copy loaded from any
 * of them.
 */
function differencesOf(docs: readonly Y.Doc[]): string[] {
  const [first] = docs
  if (!first) return []
  const text = shown(first.getXmlFragment(ROOTS.body))
  return docs.flatMap((doc, i) => {
    if (doc.store.pendingStructs || doc.store.pendingDs) return [`replica ${i} waits for something`]
    if (!Y.equalSnapshots(Y.snapshot(doc), Y.snapshot(first)))
      return [`replica ${i} has heard something else`]
    if (shown(doc.getXmlFragment(ROOTS.body)) !== text)
      return [`replica ${i} differs, with the same snapshot`]
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
    return shown(copy.getXmlFragment(ROOTS.body)) === text
      ? []
      : [`what replica ${i} stores reads differently`]
  })
}

/**
 * Lets two people write in separate places while one of them undoes and redoes: each step back or forth must restore
 * exactly what was there, in that place, and leave the other's alone. Returns the failures, in words, and the number
 * of steps checked.
 */
export function undoApart(
  seed: number,
  edits: number,
  Undo: UndoClass,
): { steps: number; failures: string[] } {
  const random = seededRandom(seed)
  const [own, other] = [new Writer(1, random, Undo), new Writer(2, random, Undo)]
  own.body.insert(0, [new Y.XmlElement('quote'), new Y.XmlElement('quote')])
  own.undo.clear()
  const wire = (from: Y.Doc, to: Y.Doc): void =>
    Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), 'wire')
  wire(own.doc, other.doc)
  const place = (writer: Writer, i: number): Y.XmlFragment => {
    const quote = writer.body.get(i)
    if (!(quote instanceof Y.XmlFragment)) throw new Error('a quote')
    return quote
  }
  const see = (): string => shown(place(own, 0))
  // The content before each step of the stack.
  const stacks = { undo: [] as string[], redo: [] as string[] }
  let steps = 0
  for (let edit = 0; edit < edits; edit++) {
    if (random() < 0.5) other.edit(place(other, 1))
    if (random() < 0.3) wire(other.doc, own.doc)
    const dice = random()
    if (dice < 0.4) {
      const back = dice < 0.28 ? 'undo' : 'redo'
      const [from, to] = back === 'undo' ? [stacks.undo, stacks.redo] : [stacks.redo, stacks.undo]
      const [before, theirs] = [see(), shown(place(own, 1))]
      const step = own.undo[back]()
      // Steps without effect are popped together with the one that has an effect.
      const left = own.undo[`${back}Stack`].length
      const expected = from[left]
      from.length = left
      if (!step) continue
      steps += 1
      to.push(before)
      const where = `seed ${seed}, edit ${edit}, ${back}`
      if (shown(place(own, 1)) !== theirs) return { steps, failures: [`${where}: the other's text changed`] }
      if (see() !== expected) return { steps, failures: [`${where}: not ${expected}, but ${see()}`] }
      continue
    }
    own.undo.stopCapturing()
    const [before, length] = [see(), own.undo.undoStack.length]
    for (let i = own.below(6); i >= 0; i--) {
      own.edit(place(own, 0))
      if (random() < 0.3) wire(other.doc, own.doc)
    }
    if (own.undo.undoStack.length > length) {
      stacks.undo.push(before)
      stacks.redo = []
    }
  }
  return { steps, failures: [] }
}

/** Concurrent undo never makes replicas differ, and restores what was there. Counts seeds, of 2,000 edits each. */
export const undo: Scenario = {
  name: 'undo',
  counts: 'seeds',
  full: 200,
  short: 8,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    let steps = 0
    for (let each = seed; each < seed + count; each++) {
      failures.push(...undoTogether(each, EDITS, [UndoStack, UndoStack, UndoStack]))
      const apart = undoApart(each, 300, UndoStack)
      steps += apart.steps
      failures.push(...apart.failures)
    }
    return {
      scenario: 'undo',
      seed,
      ok: failures.length === 0,
      figures: { seeds: count, edits: count * EDITS, stepsLookedAt: steps },
      failures: failures.slice(0, 50),
    }
  },
}
