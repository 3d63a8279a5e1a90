import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdates, type GateResult, scanClocks } from '#lib/collab/gate/update-gate.ts'
import { UndoStack } from '#lib/editor/binding/undo-stack.ts'

/*
 * Writers who share a log edit at random; the gate guards the log. Each writer sees the log up to its own cursor and
 * sends its edits in batches, as the provider does.
 */

const TEXTS = ['a', 'word ', '漢字', '😀', '\ud83d', '\ude00', 'e\u0301', '\u0000', 'x'.repeat(300)]
const VALUES = [null, true, 0, -7, 1.5, 2 ** 40, 1e300, 'text', [], [1, [2, {}]], { a: { b: [null] } }]
const PLAIN = [...VALUES, undefined, new Uint8Array([1, 2, 3])]

interface Step {
  readonly who: number
  readonly what: number
  readonly at: number
  readonly pick: number
}

/** The subject of an edit: a text, an element if there is one, and numbers to choose with. */
interface Draft {
  readonly doc: Y.Doc
  readonly undo: Y.UndoManager
  readonly body: Y.XmlFragment
  readonly text: Y.Text
  readonly place: number
  readonly span: number
  readonly element: Y.XmlElement | undefined
  readonly at: number
  readonly pick: number
}

const insertText = ({ text, place, pick }: Draft): void =>
  text.insert(place, TEXTS[pick % TEXTS.length] ?? 'a')
const insertBlock = ({ body, at }: Draft, block: Y.XmlElement | Y.XmlText): void =>
  body.insert(at % (body.length + 1), [block])

const EDITS: readonly ((draft: Draft) => unknown)[] = [
  insertText,
  insertText,
  insertText,
  ({ text, place, span }) => text.delete(place, span),
  ({ text, place, span, pick }) =>
    text.format(place, span, { [`mark${pick % 3}`]: VALUES[pick % VALUES.length] ?? null }),
  ({ text, place, pick }) => text.insertEmbed(place, { image: VALUES[pick % VALUES.length] }, { bold: true }),
  ({ text, place, pick }) => text.insertEmbed(place, new Y.Map([['key', PLAIN[pick % PLAIN.length]]])),
  (draft) => insertBlock(draft, new Y.XmlElement('paragraph')),
  (draft) => insertBlock(draft, new Y.XmlText('text')),
  ({ element, at }) =>
    element?.insert(at % (element.length + 1), [new Y.XmlElement('item'), new Y.XmlText('deep')]),
  ({ element, pick }) => element?.setAttribute(`attribute${pick % 3}`, PLAIN[pick % PLAIN.length] as string),
  ({ element, pick }) => element?.removeAttribute(`attribute${pick % 3}`),
  ({ body, at }) => body.length > 0 && body.delete(at % body.length, 1),
  ({ undo }) => undo.undo(),
  ({ undo }) => undo.redo(),
  ({ doc, text }) =>
    doc.transact(() => {
      text.insert(0, 'one')
      text.delete(0, 2)
      text.applyDelta([
        { retain: 1 },
        { insert: 'two', attributes: { link: { href: 'https://example.org' } } },
      ])
    }),
  (draft) =>
    draft.doc.transact(() => {
      const list = new Y.XmlElement('list')
      insertBlock(draft, list)
      list.insert(0, [new Y.XmlElement('item'), new Y.XmlElement('item')])
      list.delete(0, 1)
      list.setAttribute('start', 'three')
    }),
  ({ body }) =>
    body.insert(body.length, [new Y.XmlHook('hook') as unknown as Y.XmlElement, new Y.XmlText('')]),
]

const stepArb: fc.Arbitrary<Step> = fc.record({
  who: fc.nat(2),
  what: fc.nat(EDITS.length - 1),
  at: fc.nat(1000),
  pick: fc.nat(1000),
})

class Writer {
  readonly doc = new Y.Doc()
  readonly outbox: Uint8Array[] = []
  readonly undo: Y.UndoManager
  cursor = 0

  constructor(clientId: number, Undo: typeof Y.UndoManager = UndoStack) {
    this.doc.clientID = clientId
    this.undo = new Undo([this.doc.getXmlFragment('body'), this.doc.getText('title')], {
      captureTimeout: 0,
    })
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'log') this.outbox.push(update)
    })
  }

  edit({ what, at, pick }: Step): void {
    const { doc, undo } = this
    const body = doc.getXmlFragment('body')
    const inside = [...body.createTreeWalker(() => true)]
    const texts = [doc.getText('title'), ...inside.filter((each) => each instanceof Y.XmlText)]
    const elements = inside.filter((each) => each instanceof Y.XmlElement)
    const text = texts[pick % texts.length] ?? doc.getText('title')
    const place = at % (text.length + 1)
    const span = Math.min(1 + (pick % 9), text.length - place)
    const element = elements[pick % Math.max(1, elements.length)]
    EDITS[what]?.({ doc, undo, body, text, place, span, element, at, pick })
  }
}

class Server {
  readonly log: Uint8Array[][] = []
  readonly clocks = new Map<number, number>()

  receive(clientId: number, updates: Uint8Array[], restore = false): GateResult {
    const result = checkUpdates(updates, {
      clientId,
      clocks: { get: (id) => this.clocks.get(id) ?? 0 },
      restore,
    })
    if (result.ok) {
      this.log.push(updates)
      for (const [id, end] of result.clocks) this.clocks.set(id, end)
    }
    return result
  }

  replica(): Y.Doc {
    const doc = new Y.Doc()
    for (const update of this.log.flat()) Y.applyUpdate(doc, update)
    return doc
  }
}

/** Sends a writer's waiting edits, merged or not; every third step also catches up with the log. */
function sync(writer: Writer, server: Server, { at, pick }: Step): GateResult[] {
  const results: GateResult[] = []
  if (pick % 2 === 0 && writer.outbox.length > 0) {
    const batch = writer.outbox.splice(0)
    results.push(server.receive(writer.doc.clientID, at % 2 === 0 ? batch : [Y.mergeUpdates(batch)]))
  }
  if (pick % 3 === 0) {
    for (const updates of server.log.slice(writer.cursor)) {
      for (const update of updates) Y.applyUpdate(writer.doc, update, 'log')
    }
    writer.cursor = server.log.length
  }
  return results
}

function play(steps: readonly Step[]): { writers: Writer[]; server: Server; results: GateResult[] } {
  // Two writers undo as the product does, one as other clients of Yjs do.
  const writers = [new Writer(5), new Writer(0xffff_ffff), new Writer(300, Y.UndoManager)]
  const server = new Server()
  const results: GateResult[] = []
  for (const step of steps) {
    const writer = writers[step.who]
    if (!writer) continue
    writer.edit(step)
    results.push(...sync(writer, server, step))
  }
  for (const writer of writers) {
    for (const last of [0, 3])
      results.push(...sync(writer, server, { who: 0, what: 0, at: last, pick: last * 2 }))
  }
  return { writers, server, results }
}

function expectWhole(doc: Y.Doc, clocks: ReadonlyMap<number, number>): void {
  expect(doc.store.pendingStructs).toBeNull()
  expect(doc.store.pendingDs).toBeNull()
  expect(new Map(Y.decodeStateVector(Y.encodeStateVector(doc)))).toEqual(new Map(clocks))
}

const sessionArb = fc.array(stepArb, { minLength: 1, maxLength: 60 })

describe('the update gate on random sessions', () => {
  test('[GATE1] accepts everything that Yjs itself writes, in causal order', () => {
    fc.assert(
      fc.property(sessionArb, (steps) => {
        const { server, results } = play(steps)
        for (const result of results) expect(result).toMatchObject({ ok: true })
        expectWhole(server.replica(), server.clocks)
      }),
      { numRuns: 150 },
    )
  })

  test('[GATE9] scanned clocks are those of the document, from the log and from a state alike', () => {
    fc.assert(
      fc.property(sessionArb, (steps) => {
        const { server } = play(steps)
        const fromLog = new Map<number, number>()
        for (const update of server.log.flat()) scanClocks(update, fromLog)
        const fromState = new Map<number, number>()
        scanClocks(Y.encodeStateAsUpdate(server.replica()), fromState)
        expect(fromLog).toEqual(server.clocks)
        expect(fromState).toEqual(server.clocks)
      }),
      { numRuns: 80 },
    )
  })

  test('[GATE8] a restored server accepts everything that any replica still holds', () => {
    fc.assert(
      fc.property(sessionArb, fc.nat(), (steps, cut) => {
        const { writers, server } = play(steps)
        const restored = new Server()
        for (const updates of server.log.slice(0, cut % (server.log.length + 1))) {
          expect(restored.receive(0, updates, true)).toMatchObject({ ok: true })
        }
        for (const { doc } of writers) {
          const vector = Y.encodeStateVector(restored.replica())
          const difference = Y.encodeStateAsUpdate(doc, vector)
          expect(restored.receive(doc.clientID, [difference], true)).toMatchObject({ ok: true })
        }
        expectWhole(restored.replica(), restored.clocks)
        for (const { doc } of writers) Y.applyUpdate(doc, Y.encodeStateAsUpdate(restored.replica()))
        // A lone surrogate stays in the replica it was typed into; in updates Yjs writes U+FFFD.
        const bodies = writers.map(({ doc }) => String(doc.getXmlFragment('body')).toWellFormed())
        for (const body of bodies) expect(body).toEqual(bodies[0])
      }),
      { numRuns: 80 },
    )
  })

  test('[GATE2] a damaged update is refused, or Yjs applies it completely: it never throws and leaves nothing pending', () => {
    let refused = 0
    let taken = 0
    fc.assert(
      fc.property(
        sessionArb,
        fc.array(fc.record({ where: fc.nat(), bit: fc.nat(7), cut: fc.boolean() }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.nat(),
        (steps, damages, which) => {
          const { server, writers } = play(steps)
          const log = server.log.flat()
          if (log.length === 0) return
          const index = which % log.length
          const victim = log[index]
          if (!victim) return
          let bytes = victim.slice()
          for (const { where, bit, cut } of damages) {
            const at = where % Math.max(1, bytes.length)
            if (cut && where % 4 === 0) bytes = bytes.slice(0, at)
            else if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
          }
          for (const restore of [false, true]) {
            const before = new Server()
            for (const update of log.slice(0, index)) before.receive(0, [update], true)
            const result = before.receive(writers[which % 3]?.doc.clientID ?? 0, [bytes], restore)
            if (result.ok) {
              taken++
              expectWhole(before.replica(), before.clocks)
            } else refused++
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(refused).toBeGreaterThan(100)
    expect(taken).toBeGreaterThan(5)
  })

  test('[GATE2] random bytes are refused without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 64 }), fc.boolean(), (bytes, restore) => {
        const result = checkUpdates([bytes], { clientId: 1, clocks: { get: () => 100 }, restore })
        if (result.ok) expect(result.clocks.size).toBeLessThanOrEqual(bytes.length)
        else expect(result.message).not.toBe('')
      }),
      { numRuns: 3000 },
    )
  })
})
