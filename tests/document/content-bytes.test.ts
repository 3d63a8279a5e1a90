import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { contentBytes } from '#lib/document/content-bytes.ts'
import { contentDigest } from '#lib/document/content-digest.ts'
import { digestDocument, foldDocument } from '#lib/document/fold.ts'
import { UndoStack } from '#lib/editor/binding/undo-stack.ts'
import { ENTRY_BODY_UPDATE, encodeEntries } from '#lib/protocol/log-row.ts'

/*
 * Replicas edited at random that receive each other's updates in any order, and the server, which has the same
 * updates as rows, or as a snapshot and rows.
 */

const RUNS = { numRuns: 300 }
/** No surrogate pairs: Yjs splits one whose middle is addressed, and not in every copy. */
const TEXTS = ['a', 'word ', '漢字', '☃', 'e\u0301', '\u0000', '\u00ff', 'x'.repeat(300)]
const VALUES = [
  true,
  0,
  -7,
  1.5,
  2 ** 40,
  'text',
  { href: 'https://example.org', title: null },
  { b: [1], a: {} },
]

interface Edit {
  readonly who: number
  readonly what: number
  readonly at: number
  readonly pick: number
}

interface Place extends Pick<Edit, 'at' | 'pick'> {
  readonly doc: Y.Doc
  readonly body: Y.XmlFragment
  readonly block: Y.XmlElement | undefined
  readonly text: Y.XmlText | Y.Text
  readonly value: unknown
  readonly undo: UndoStack | undefined
}

const span = ({ text, at, pick }: Place): [number, number] => {
  const start = at % (text.length + 1)
  return [start, Math.min(text.length - start, pick % 4)]
}

const EDITS: readonly ((place: Place) => unknown)[] = [
  (place) => place.text.insert(span(place)[0], TEXTS[place.pick % TEXTS.length] ?? 'a'),
  (place) => place.text.insert(span(place)[0], 'marked', { bold: place.value, italic: {} }),
  (place) => place.text.insert(span(place)[0], 'plain', { bold: null }),
  (place) => place.text.delete(...span(place)),
  (place) => place.text.format(...span(place), { [`mark${place.pick % 3}`]: place.value }),
  (place) => place.text.format(...span(place), { [`mark${place.pick % 3}`]: null }),
  (place) => place.text.insertEmbed(span(place)[0], { image: place.value }, { bold: true }),
  ({ body, at }) => {
    const block = new Y.XmlElement('paragraph')
    block.insert(0, [new Y.XmlText('text')])
    body.insert(at % (body.length + 1), [block])
  },
  ({ block, at }) =>
    block?.insert(at % (block.length + 1), [new Y.XmlElement('item'), new Y.XmlText('deep')]),
  ({ block, pick, value }) => block?.setAttribute(`attribute${pick % 3}`, value as string),
  ({ block, pick }) => block?.removeAttribute(`attribute${pick % 3}`),
  ({ body, at }) => body.length > 0 && body.delete(at % body.length, 1),
  ({ undo }) => undo?.undo(),
  ({ undo }) => undo?.redo(),
  ({ doc, text }) =>
    doc.transact(() => {
      text.insert(0, 'one')
      text.delete(0, 2)
    }),
]

const edits = fc.array(
  fc.record({
    who: fc.nat(2),
    what: fc.nat(EDITS.length - 1),
    at: fc.nat(1000),
    pick: fc.nat(1000),
  }),
  { maxLength: 60 },
)

function edit(doc: Y.Doc, { what, at, pick }: Edit, undo?: UndoStack): void {
  const body = doc.getXmlFragment('body')
  const block = body.length === 0 ? undefined : (body.get(pick % body.length) as Y.XmlElement)
  const inner = block?.toArray().find((child) => child instanceof Y.XmlText)
  const text = inner ?? doc.getText('title')
  EDITS[what]?.({ doc, body, block, text, at, pick, value: VALUES[pick % VALUES.length], undo })
}

function bytesOf(doc: Y.Doc): Uint8Array {
  const walk = contentBytes(doc)
  let step = walk.next()
  while (!step.done) step = walk.next()
  return step.value
}

const rowOf = (update: Uint8Array, n: number): Uint8Array =>
  encodeEntries([{ kind: ENTRY_BODY_UPDATE, clientId: 1, n, user: '', updates: [update] }])

/** Returns the content of a document through Yjs's own readers: slow, and independent of our encoding. */
function shown(node: Y.XmlFragment | Y.XmlText | Y.XmlHook | Y.Text | Y.XmlElement): unknown {
  if (node instanceof Y.Text) {
    const runs: { insert: unknown; attributes: unknown }[] = []
    for (const { insert, attributes } of node.toDelta()) {
      const run = { insert, attributes: sorted(attributes ?? {}) }
      const last = runs.at(-1)
      const alike = last && JSON.stringify(last.attributes) === JSON.stringify(run.attributes)
      if (alike && typeof last.insert === 'string' && typeof insert === 'string') last.insert += insert
      else runs.push(run)
    }
    return runs
  }
  if (node instanceof Y.XmlElement)
    return {
      name: node.nodeName,
      attributes: sorted(node.getAttributes()),
      children: node.toArray().map(shown),
    }
  return node instanceof Y.XmlFragment ? node.toArray().map(shown) : null
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  )
}

const allOf = (doc: Y.Doc): string =>
  JSON.stringify([shown(doc.getXmlFragment('body')), shown(doc.getText('title'))])

test('[CMP2] editing clients, receiving clients and the server have the same digest, whatever the order of arrival', () => {
  fc.assert(
    fc.property(edits, fc.infiniteStream(fc.nat(1000)), fc.nat(100), (steps, order, half) => {
      const replicas = [0, 1, 2].map(() => new Y.Doc())
      // Steps of many edits, which were observed to make copies differ (yjs #794).
      const undo = replicas.map(
        (doc) => new UndoStack([doc.getXmlFragment('body'), doc.getText('title')], { captureTimeout: 1000 }),
      )
      const rows: Uint8Array[] = []
      const waiting: Uint8Array[][] = [[], [], []]
      const deliver = (to: number) => {
        const doc = replicas[to]
        // Like the provider: one transaction, which Yjs regards as local.
        doc?.transact(() => {
          for (const update of waiting[to]?.splice(0) ?? []) Y.applyUpdate(doc, update)
        }, 'remote')
      }
      for (const [who, doc] of replicas.entries()) {
        doc.on('update', (update: Uint8Array, origin: unknown) => {
          if (origin === 'remote') return
          rows.push(update)
          for (const [to, queue] of waiting.entries()) if (to !== who) queue.push(update)
        })
      }
      for (const step of steps) {
        const doc = replicas[step.who]
        if (doc) edit(doc, step, undo[step.who])
        const to = order.next().value
        if (to % 3 === 0) deliver((to >> 2) % 3)
      }
      for (const to of [0, 1, 2]) deliver(to)
      const digests = replicas.map((doc) => contentDigest(bytesOf(doc)))
      const entries = rows.map(rowOf)
      const cut = Math.floor((rows.length * half) / 100)
      const { state } = foldDocument({ state: null, rows: entries.slice(0, cut), ours: false })
      expect(digests).toEqual(Array(3).fill(digestDocument({ state: null, rows: entries, ours: true })))
      expect(digests[0]).toBe(digestDocument({ state, rows: entries.slice(cut), ours: true }))
    }),
    RUNS,
  )
})

test('[CMP2] two documents have the same bytes if and only if they show the same', () => {
  let same = 0
  let other = 0
  fc.assert(
    fc.property(edits, fc.array(edits, { maxLength: 1 }), edits, (first, more, few) => {
      const doc = new Y.Doc()
      for (const step of first) edit(doc, step)
      const copy = new Y.Doc()
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
      for (const step of [...more.flat(), ...few.slice(0, 2)]) edit(copy, step)
      const alike = allOf(doc) === allOf(copy)
      if (alike) same++
      else other++
      expect(Buffer.compare(bytesOf(doc), bytesOf(copy)) === 0).toBe(alike)
    }),
    RUNS,
  )
  expect(Math.min(same, other)).toBeGreaterThan(20)
})

/** Makes a body of one paragraph and fills it by `write`. */
function paragraph(write: (text: Y.XmlText, block: Y.XmlElement) => void): Y.Doc {
  const doc = new Y.Doc()
  const block = new Y.XmlElement('paragraph')
  const text = new Y.XmlText()
  block.insert(0, [text])
  doc.getXmlFragment('body').insert(0, [block])
  write(text, block)
  return doc
}

test('[CMP2] however text was put together, and whatever formats are written in it to no effect, it is the same', () => {
  const whole = paragraph((text) => text.insert(0, 'bold text', { bold: {} }))
  const pieces = paragraph((text) => {
    for (const character of [...'txet dlob']) text.insert(0, character, { bold: {}, italic: {} })
    text.format(0, 9, { italic: null })
    text.format(2, 3, { bold: null })
    text.format(2, 3, { bold: {} })
  })
  expect(bytesOf(pieces)).toEqual(bytesOf(whole))
})

test('[CMP2] one character, one format, one attribute, one boundary or the order of two blocks changes the bytes', () => {
  const variants = [
    paragraph((text) => text.insert(0, 'ab')),
    paragraph((text) => text.insert(0, 'ac')),
    paragraph((text) => text.insert(0, 'ab', { bold: {} })),
    paragraph((text) => text.insert(0, 'ab', { bold: true })),
    paragraph((text) => text.insert(0, 'a', { bold: {} })),
    paragraph((text, block) => {
      text.insert(0, 'ab')
      block.setAttribute('level', '1')
    }),
    paragraph((text, block) => {
      text.insert(0, 'a')
      block.insert(1, [new Y.XmlText('b')])
    }),
    paragraph((text, block) => {
      text.insert(0, 'ab')
      block.insert(1, [new Y.XmlElement('hardBreak')])
    }),
    paragraph((text, block) => {
      text.insert(0, 'ab')
      block.insert(0, [new Y.XmlElement('hardBreak')])
    }),
    paragraph((text) => {
      text.insert(0, 'ab')
      text.doc?.getText('title').insert(0, 'ab')
    }),
    paragraph((text) => text.doc?.getText('title').insert(0, 'ab')),
  ]
  const seen = new Set(variants.map((doc) => Buffer.from(bytesOf(doc)).toString('hex')))
  expect(seen.size).toBe(variants.length)
})

test('[CMP2] a surrogate pair that Yjs silently breaks in one copy, by a format without effect, changes the bytes', () => {
  const doc = paragraph((text) => text.insert(0, '😀'))
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  expect(bytesOf(copy)).toEqual(bytesOf(doc))
  let told = 0
  doc.on('update', () => told++)
  const text = (doc.getXmlFragment('body').get(0) as Y.XmlElement).get(0) as Y.XmlText
  text.format(0, 1, { bold: null })
  expect(told).toBe(0)
  expect(Y.encodeStateVector(copy)).toEqual(Y.encodeStateVector(doc))
  expect(bytesOf(copy)).not.toEqual(bytesOf(doc))
})

/** Nested deeper than the call stack allows. */
const TOWER = 12_000

test('a tower of types, and a document inside the document, end no walk', () => {
  const doc = new Y.Doc()
  let inner: Y.XmlElement | Y.XmlFragment = doc.getXmlFragment('body')
  doc.transact(() => {
    for (let i = 0; i < TOWER; i++) {
      const next = new Y.XmlElement('quote')
      inner.insert(0, [next])
      inner = next
    }
  })
  doc.getText('title').insertEmbed(0, new Y.Doc() as never)
  expect(bytesOf(doc).length).toBeGreaterThan(TOWER)
})
