import type { Schema } from '@tiptap/pm/model'
import * as Y from 'yjs'
import type { LabMeasures, Place } from '../lab.ts'
import { pace } from '../pace.ts'
import type { Bench } from './page.ts'
import { painted } from './painted.ts'
import { type Keystroke, Peer } from './peer.ts'
import { spotOf, textBlockFrom } from './spots.ts'

/** The first client id of the measured typists, who are not among the peers that `open` made. */
const FIRST_TYPIST = 1_000
const CARET_AFTER = 50
const CHARACTERS = [...'the quick brown fox 敏捷的棕狐跳過懶狗']

interface Load {
  /** Keystrokes by person. */
  readonly people: readonly (readonly Keystroke[])[]
  /** Time between two keys of a person, ms. */
  readonly period: number
  readonly ms: number
}

const NO_LOAD: Load = { people: [], period: 0, ms: 0 }

/** Measures with keystrokes made beforehand, so that no other replica works during a measurement. */
export class Measures implements LabMeasures {
  readonly #bench: () => Bench
  readonly #schema: Schema
  #typists = FIRST_TYPIST
  #load = NO_LOAD
  #keys: number[] = []
  #stopWatching: (() => void) | null = null

  constructor(bench: () => Bench, schema: Schema) {
    this.#bench = bench
    this.#schema = schema
  }

  async keystrokes(place: Place, count: number): Promise<number[]> {
    const { doc } = this.#bench()
    const strokes = this.#record(count, place)
    const times: number[] = []
    for (const { update } of strokes) {
      await painted()
      const begun = performance.now()
      Y.applyUpdate(doc, update, 'network')
      times.push(performance.now() - begun)
    }
    await painted()
    return times
  }

  applyInOneTask(place: Place, count: number): void {
    const { doc } = this.#bench()
    for (const { update } of this.#record(count, place)) Y.applyUpdate(doc, update, 'network')
  }

  prepareLoad({ peers, keysPerSecond, ms }: { peers: number; keysPerSecond: number; ms: number }): void {
    const each = Math.ceil((ms / 1000) * keysPerSecond)
    const people = Array.from({ length: peers }, (_, i) => this.#record(each, (i + 1) / (peers + 1)))
    this.#load = { people, period: 1000 / keysPerSecond, ms }
  }

  async load(withCarets: boolean): Promise<void> {
    const { incoming, carets } = this.#bench()
    const { people, period, ms } = this.#load
    this.#load = NO_LOAD
    const shown: (Uint8Array | null)[] = people.map(() => null)
    const begun = performance.now()
    const plays = people.map(async (strokes, person) => {
      for (const [key, { update, caret }] of strokes.entries()) {
        await pace(begun + (key + person / people.length) * period)
        incoming.applySoon([update])
        if (!withCarets) continue
        setTimeout(() => {
          shown[person] = caret
          carets(shown)
        }, CARET_AFTER)
      }
    })
    await Promise.all(plays)
    await pace(begun + ms)
  }

  async burst(count: number): Promise<number> {
    const { incoming, editor, doc } = this.#bench()
    const strokes = this.#record(count, 'far')
    await painted()
    const before = Y.encodeStateVector(doc)
    const begun = performance.now()
    for (const { update } of strokes) incoming.applySoon([update])
    while (sameBytes(before, Y.encodeStateVector(doc))) await painted()
    editor.view.dom.getBoundingClientRect()
    return performance.now() - begun
  }

  watchKeys(): void {
    this.watchedKeys()
    const { dom } = this.#bench().editor.view
    const note = ({ timeStamp }: KeyboardEvent): void => {
      void painted().then(() => this.#keys.push(performance.now() - timeStamp))
    }
    dom.addEventListener('keydown', note, true)
    this.#stopWatching = () => dom.removeEventListener('keydown', note, true)
  }

  watchedKeys(): number[] {
    this.#stopWatching?.()
    this.#stopWatching = null
    const keys = this.#keys
    this.#keys = []
    return keys
  }

  /** Records keystrokes at a place, or at a share of the document. */
  #record(count: number, at: Place | number): Keystroke[] {
    const { editor, doc } = this.#bench()
    const document = editor.state.doc
    const spot =
      typeof at === 'number'
        ? textBlockFrom(document, Math.floor(at * document.childCount))
        : spotOf(at, editor.state)
    const typist = new Peer(this.#typists++, this.#schema, Y.encodeStateAsUpdate(doc))
    const characters = Array.from({ length: count }, (_, i) => CHARACTERS[i % CHARACTERS.length] ?? ' ')
    const strokes = typist.record(characters, spot)
    typist.doc.destroy()
    return strokes
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
