import { ySyncPlugin as tiptapSyncPlugin } from '@tiptap/y-tiptap'
import { expect, test } from 'vitest'
import { ySyncPlugin as prosemirrorSyncPlugin } from 'y-prosemirror'
import * as Y from 'yjs'
import { seededRandom } from '../../support/random.ts'
import { Replica, type ReplicaOptions } from '../replica.ts'
import { RandomWriter, TEXTS } from './random-writer.ts'
import { WIDE } from './wide-schema.ts'

/** The bindings of other projects, as published. */
const OTHERS: Readonly<Record<string, NonNullable<ReplicaOptions['sync']>>> = {
  'y-tiptap': (type) => tiptapSyncPlugin(type),
  'y-prosemirror': (type) => prosemirrorSyncPlugin(type),
}
/** Without surrogate pairs: the other bindings write half a character as it is, and replicas differ for good. */
const HABITS = { typing: 0.5, deleting: 0.1, texts: TEXTS.slice(0, -1) }

/** Exchanges updates between all writers until none of them writes any more. */
function settle(writers: readonly Replica[]): void {
  for (let round = 0; round < 20; round += 1) {
    const before = writers.map(({ doc }) => Y.encodeStateAsUpdate(doc).length).join()
    for (const from of writers) {
      for (const to of writers) {
        if (from !== to)
          Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc, Y.encodeStateVector(to.doc)), 'remote')
      }
    }
    if (writers.map(({ doc }) => Y.encodeStateAsUpdate(doc).length).join() === before) return
  }
  throw new Error('they write without end')
}

test.each([1, 2, 3, 4])(
  'with y-tiptap, y-prosemirror and ours in one document all end with the same: seed %i',
  (seed) => {
    const random = seededRandom(seed)
    const writers = [undefined, ...Object.values(OTHERS)].map(
      (sync, index) => new RandomWriter(index + 1, random, HABITS, sync),
    )
    const [ours] = writers
    for (let step = 0; step < 400; step += 1) {
      writers[Math.floor(random() * writers.length)]?.act()
      if (random() < 0.2) settle(writers)
    }
    settle(writers)
    for (const { fragment } of writers) expect(fragment.toString()).toBe(ours?.fragment.toString())
    expect(ours?.reports).toEqual([])
    expect(ours?.binding.coarse).toBe(0)
    expect(() => ours?.state.doc.check()).not.toThrow()
  },
)

test.each(Object.keys(OTHERS))('a document that %s made opens without an update', (name) => {
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed)
    const writer = new RandomWriter(1, random, HABITS, OTHERS[name])
    for (let step = 0; step < 300; step += 1) writer.act()
    const reader = new Replica(2, [], WIDE)
    let updates = 0
    Y.applyUpdate(reader.doc, Y.encodeStateAsUpdate(writer.doc), 'remote')
    reader.doc.on('update', () => updates++)
    const late = new Replica(3, [], { ...WIDE, doc: reader.doc })
    late.select(0)
    late.select(late.state.doc.content.size)
    expect(updates).toBe(0)
    expect(late.state.doc.textContent).toBe(writer.state.doc.textContent)
    expect(late.state.doc.eq(reader.state.doc)).toBe(true)
  }
})
