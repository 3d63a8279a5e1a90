import { beforeEach, describe, expect, test } from 'vitest'
import { Assemblies } from '#lib/collab/assembly.ts'
import { NO_BUDGETS } from '#lib/collab/budget.ts'
import type { Compaction } from '#lib/collab/document-store.ts'
import type { RoomEvent } from '#lib/collab/events.ts'
import { COMPACTION_POLICY } from '#lib/collab/folding/compaction-policy.ts'
import { Compactor } from '#lib/collab/folding/compactor.ts'
import { Room } from '#lib/collab/room.ts'
import { newDocument, newRow } from '../../storage/stored-values.ts'
import { emptyDocument } from '../../support/memory-tables.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const FOLD_MS = 20
const STATE_BYTES = 60_000
/** The encoding of a state vector without clients. */
const EMPTY_VECTOR = new Uint8Array([0])

let clock: VirtualClock
/** The documents in the order in which they were folded. */
let folded: string[]
let foldedAt: number[]
let compactions: Compaction[]
let trimmed: Map<string, number>
let events: RoomEvent[]
let compactor: Compactor

const CLEAN = { breaches: [], update: null }

beforeEach(() => {
  clock = new VirtualClock(() => 0)
  folded = []
  foldedAt = []
  compactions = []
  trimmed = new Map()
  events = []
  compactor = new Compactor({
    clock,
    policy: COMPACTION_POLICY,
    store: {
      async readSnapshot(documentId) {
        return compactions.findLast((compaction) => compaction.documentId === documentId)?.snapshot ?? null
      },
      async writeCompaction(compaction) {
        compactions.push(compaction)
      },
      async trim(documentId, upto) {
        trimmed.set(documentId, upto)
      },
    },
    folding: {
      async fold({ rows }) {
        await new Promise<void>((resolve) => clock.after(FOLD_MS, resolve))
        const [first] = rows
        folded.push(`document ${first?.[0]}`)
        foldedAt.push(clock.steady())
        return { state: new Uint8Array(STATE_BYTES), vector: EMPTY_VECTOR, title: 'a title', ...CLEAN }
      },
      check: async () => CLEAN,
      get spent() {
        return folded.length * FOLD_MS
      },
    },
    titles: { set: () => undefined },
    keeper: { compacted: () => undefined, damaged: () => undefined },
    onEvent: (event) => events.push(event),
  })
})

/** A room whose rows contain its number and as many bytes as given. */
class Document {
  readonly room: Room
  readonly #number: number

  constructor(number: number) {
    this.#number = number
    const document = emptyDocument(newDocument(`document ${number}`))
    this.room = new Room(number, document, {
      hash: () => new Uint8Array(8),
      clock,
      queue: { add: () => undefined },
      compactor,
      presence: { pingInterval: 10_000 },
      assemblies: new Assemblies(clock),
      budgets: NO_BUDGETS,
      keeper: { emptied: () => undefined, breached: () => undefined, broken: () => undefined },
    })
  }

  write(rows: number, bytes = 10): void {
    for (let i = 0; i < rows; i++) {
      const entries = new Uint8Array(bytes)
      entries[0] = this.#number
      this.room.committed({ ...newRow('a', this.room.history.head.seq + 1), at: clock.now(), entries })
    }
  }
}

describe('folding for titles', () => {
  test('a few documents are folded when they have been quiet for 2 s', async () => {
    for (let i = 0; i < 5; i++) new Document(i).write(1)
    await clock.advance(2000 + 5 * FOLD_MS)
    expect(folded).toHaveLength(5)
  })

  test('many take turns: no more than 1 % of a core, longest waiting first, each once', async () => {
    const documents = Array.from({ length: 100 }, (_, i) => new Document(i))
    for (const document of documents) document.write(1)
    await clock.advance(2000 + 400)
    const atOnce = folded.length
    // Short documents are folded sixteen together, so that much is taken in advance.
    const ahead = 16 * FOLD_MS
    expect(atOnce * FOLD_MS).toBeLessThanOrEqual(COMPACTION_POLICY.burstMs + ahead)
    for (const document of documents.slice(50)) document.write(1)
    await clock.advance(20_000)
    expect((folded.length - atOnce) * FOLD_MS).toBeLessThanOrEqual(20_000 * 0.01 + ahead)
    await clock.advance(200_000)
    expect(folded).toEqual(documents.map((_, i) => `document ${i}`))
    expect(clock.waiting).toBe(0)
  })

  test('empty rooms do not wait for the budget: they would accumulate in memory', async () => {
    const documents = Array.from({ length: 100 }, (_, i) => new Document(i))
    for (const document of documents) document.write(1)
    await clock.advance(3000)
    const left = documents.slice(50)
    for (const { room } of left) compactor.hurry(room)
    await clock.advance(50 * FOLD_MS)
    expect(left.filter(({ room }) => compactor.waits(room))).toEqual([])
    expect(documents.filter(({ room }) => compactor.waits(room)).length).toBeGreaterThan(30)
    expect(compactions).toEqual([])
  })

  test('a room that waits stays in memory, and a room that is dropped waits no more', async () => {
    const documents = Array.from({ length: 30 }, (_, i) => new Document(i))
    for (const document of documents) document.write(1)
    await clock.advance(3000)
    const last = documents.at(-1)?.room
    if (!last) throw new Error('no room')
    expect(compactor.waits(last)).toBe(true)
    compactor.forget(last)
    expect(compactor.waits(last)).toBe(false)
    await clock.advance(100_000)
    expect(folded).not.toContain('document 29')
  })
})

describe('snapshots', () => {
  test('are never held up by titles', async () => {
    for (let i = 0; i < 100; i++) new Document(i).write(1)
    await clock.advance(3000)
    new Document(200).write(500)
    await clock.advance(2000 + 2 * FOLD_MS)
    expect(compactions.map(({ documentId }) => documentId)).toEqual(['document 200'])
  })

  test('are written immediately for rows of megabytes: a document is not full because of what a snapshot would drop', async () => {
    const document = new Document(1)
    document.write(5, 1024 * 1024)
    await clock.advance(2 * FOLD_MS)
    expect(compactions.map(({ documentId }) => documentId)).toEqual(['document 1'])
  })

  test('are written in time for a document that grows while it waits for its title', async () => {
    const documents = Array.from({ length: 100 }, (_, i) => new Document(i))
    for (const document of documents) document.write(1)
    await clock.advance(3000)
    documents.at(-1)?.write(500)
    await clock.advance(2 * FOLD_MS)
    expect(compactions.map(({ documentId }) => documentId)).toEqual(['document 99'])
  })

  test('are written when the rows since have half the size of the last one; as many bytes of earlier rows are kept', async () => {
    const document = new Document(1)
    document.write(20, 1000)
    await clock.advance(2100)
    expect(compactions.map(({ snapshot }) => snapshot.seq)).toEqual([20])
    expect(trimmed.size).toBe(0)
    document.write(27, 1000)
    await clock.advance(2100)
    expect(compactions).toHaveLength(1)
    document.write(20, 1000)
    await clock.advance(2100)
    expect(compactions.map(({ snapshot }) => snapshot.seq)).toEqual([20, 67])
    const kept = 67 - (trimmed.get('document 1') ?? 0)
    expect(kept).toBe(Math.floor(STATE_BYTES / 2 / 1064))
    expect(document.room.history.rows()).toHaveLength(kept)
  })
})

describe('other work', () => {
  const work = (name: string) => async () => {
    await new Promise<void>((resolve) => clock.after(FOLD_MS, resolve))
    folded.push(name)
  }

  test('is done immediately if nothing else is, and not at all if the room is gone or too much is waiting', async () => {
    const [first, second] = [new Document(1).room, new Document(2).room]
    const done = [
      compactor.whenSpare(first, work('first')),
      compactor.whenSpare(second, work('second')),
      compactor.whenSpare(first, work('third')),
    ]
    compactor.forget(second)
    await clock.advance(2 * FOLD_MS)
    expect(await Promise.all(done)).toEqual([true, false, true])
    expect(folded).toEqual(['first', 'third'])
    const many = Array.from({ length: 100 }, () => compactor.whenSpare(first, work('more')))
    compactor.forget(first)
    await clock.advance(FOLD_MS)
    expect((await Promise.all(many)).filter(Boolean)).toHaveLength(1)
  })

  test('waits for every snapshot, check and title, and takes no more than its share of a core', async () => {
    const documents = Array.from({ length: 10 }, (_, i) => new Document(i))
    const { room } = new Document(50)
    const begun = clock.steady()
    const works = Array.from({ length: 32 }, () => compactor.whenSpare(room, work('spare')))
    await clock.advance(1990)
    for (const document of documents) document.write(600)
    await clock.advance(2000 + 11 * FOLD_MS)
    expect(compactions).toHaveLength(10)
    const spare = () => folded.filter((name) => name === 'spare').length * FOLD_MS
    const most = () => COMPACTION_POLICY.burstMs + (clock.steady() - begun) * COMPACTION_POLICY.spareBudget
    expect(spare()).toBeGreaterThan(100)
    expect(spare()).toBeLessThanOrEqual(most() + FOLD_MS)
    await clock.advance(60_000)
    expect(await Promise.all(works)).toEqual(Array(32).fill(true))
    expect(spare()).toBeLessThanOrEqual(most() + FOLD_MS)
    expect(clock.waiting).toBe(0)
  })

  test('that fails is reported like a failed fold, and the next is done', async () => {
    const { room } = new Document(1)
    const failed = compactor.whenSpare(room, () => Promise.reject(new Error('unreadable')))
    const next = compactor.whenSpare(room, work('next'))
    await clock.advance(FOLD_MS)
    expect(await Promise.all([failed, next])).toEqual([false, true])
    expect(events).toEqual([{ type: 'fold-failed', documentId: 'document 1', reason: 'unreadable' }])
  })

  test('ends with the compactor', async () => {
    const { room } = new Document(1)
    const works = [compactor.whenSpare(room, work('under way')), compactor.whenSpare(room, work('waiting'))]
    const closed = compactor.close()
    await clock.advance(FOLD_MS)
    await closed
    expect(await Promise.all(works)).toEqual([true, false])
    expect(await compactor.whenSpare(room, work('late'))).toBe(false)
  })
})
