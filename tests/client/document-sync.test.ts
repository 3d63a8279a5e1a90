import { describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { SealedBatch } from '#lib/client/replica/replica-store.ts'
import { REFUSALS, refuse } from '#lib/protocol/errors.ts'
import { decodeUpdates, encodeUpdates, NO_CHAIN } from '#lib/protocol/log-row.ts'
import { MemoryReplicas } from '../support/memory-replica.ts'
import { ADDRESS, EMPTY, granted, Log, ROOM, SyncScene } from './sync-scene.ts'

const numbers = (batches: readonly { readonly n: number }[]) => batches.map(({ n }) => n)

describe('typed text', () => {
  test('[UPD1] waits for the join, and after that is sent in the turn in which it is typed', async () => {
    const scene = new SyncScene({ created: true })
    scene.type('a')
    await scene.settle()
    expect(scene.sync.maySend()).toBeNull()
    expect(scene.sent()).toEqual([])
    await scene.connect()
    expect(numbers(scene.sent())).toEqual([1])
    scene.ack({ clientId: scene.doc.clientID, n: 1 })
    scene.type('b')
    await scene.settle()
    expect(numbers(scene.sent())).toEqual([2])
  })

  test('[UPD1] gathers for 50 ms while a batch waits for its acknowledgement', async () => {
    const scene = new SyncScene()
    await scene.connect()
    for (const key of 'abc') {
      scene.type(key)
      await scene.settle()
    }
    expect(numbers(scene.sent())).toEqual([1])
    await scene.clock.advance(50)
    expect(numbers(scene.sent())).toEqual([2])
  })

  test('[UPD4] is saved when its row arrives, when it is acknowledged, and when the join says so', async () => {
    const log = new Log()
    const scene = new SyncScene()
    await scene.connect()
    for (const told of ['row', 'ack', 'join']) {
      scene.type(told)
      await scene.settle()
      const [batch] = scene.sent()
      if (!batch) throw new Error('nothing was sent')
      expect(scene.sync.save.saved).toBe(false)
      const row = log.take(batch)
      if (told === 'row') scene.row(row)
      if (told === 'ack') scene.ack(batch)
      if (told === 'join') {
        scene.sync.follower.disconnected()
        scene.joined = granted({ acknowledged: batch.n, mode: 'tail' })
        await scene.connect()
      }
      await scene.settle()
      expect(scene.sync.save.saved).toBe(true)
    }
    expect(scene.sync.follower.state.phase).toBe('joined')
  })

  test('leaves the outbox, the store and the draft together once the log has it', async () => {
    const browser = new MemoryReplicas()
    const store = browser.open()
    const earlier: SealedBatch = { clientId: 9, n: 1, at: 0, restore: false, payload: encodeUpdates([]) }
    await store.setAside(ADDRESS, [earlier])
    const scene = new SyncScene({ store })
    await scene.sync.load()
    await scene.connect()
    scene.type('a')
    await scene.settle()
    const own = { clientId: scene.doc.clientID, n: 1 }
    expect(scene.sync.edits.draft.batches).toEqual([earlier])
    expect(await store.outbox(ADDRESS)).toMatchObject([own])
    scene.ack(own)
    scene.ack(earlier)
    await scene.settle()
    expect(scene.sync.save.saved).toBe(true)
    expect(scene.sync.edits.draft.batches).toEqual([])
    expect([await store.outbox(ADDRESS), await store.draft(ADDRESS)]).toEqual([[], []])
  })

  test('[UPD7] is sent again after the next join, and not while the role forbids it', async () => {
    const scene = new SyncScene()
    await scene.connect()
    scene.type('a')
    await scene.settle()
    scene.sync.follower.receiveRole({ room: ROOM, role: 'viewer', reason: 'expired' })
    scene.type('never queued')
    await scene.settle()
    expect(scene.sync.maySend()).toBeNull()
    scene.sync.follower.receiveRole({ room: ROOM, role: 'editor', reason: 'changed' })
    await scene.settle()
    expect(numbers(scene.sent())).toEqual([1, 1])
    scene.sync.follower.disconnected()
    await scene.connect()
    expect(numbers(scene.sent())).toEqual([1])
  })

  test('[DRAFT1] stays out of the draft while the connection that may have answered it is gone', async () => {
    const scene = new SyncScene()
    await scene.connect()
    scene.type('a')
    await scene.settle()
    scene.sync.follower.receiveRole({ room: ROOM, role: 'viewer', reason: 'changed' })
    scene.sync.follower.disconnected()
    await scene.settle()
    expect(scene.sync.edits.draft.batches).toEqual([])
    scene.joined = granted({ acknowledged: 1, mode: 'tail', role: 'viewer' })
    await scene.connect()
    expect(scene.sync.edits.draft.batches).toEqual([])
    expect(scene.sync.save.saved).toBe(true)
  })

  test('left by another tab is found although the first look into the store failed', async () => {
    const browser = new MemoryReplicas()
    const store = browser.open()
    const scene = new SyncScene({ store })
    await scene.sync.load()
    await scene.connect()
    const left: SealedBatch = { clientId: 9, n: 1, at: 0, restore: false, payload: encodeUpdates([]) }
    const other = browser.open()
    const outbox = vi.spyOn(store, 'outbox').mockRejectedValueOnce(new Error('busy'))
    await other.seal(ADDRESS, left)
    await scene.sync.edits.refresh()
    expect(outbox).toHaveBeenCalled()
    expect(scene.sync.save.saved).toBe(true)
    await scene.clock.advance(2000)
    expect(scene.sync.save.saved).toBe(false)
  })

  test('[JOIN8] is neither queued nor sent with an older schema', async () => {
    const scene = new SyncScene({ schemaVersion: 0 })
    await scene.connect()
    scene.type('a')
    await scene.settle()
    expect(scene.sent()).toEqual([])
    expect(scene.sync).toMatchObject({ mayType: false, save: { saved: true }, edits: { schemaTooOld: true } })
  })
})

describe('[UPD8] a gap', () => {
  test('is pulled before anything is sent again, and if met again the join exchanges by state vector', async () => {
    const log = new Log()
    const scene = new SyncScene()
    await scene.connect()
    scene.row(log.type('theirs'))
    scene.type('mine')
    await scene.settle()
    const [batch] = scene.sent()
    if (!batch) throw new Error('nothing was sent')
    const gap = refuse('gap', 'something is missing')
    scene.pullAnswers.push({ history: EMPTY })
    scene.ack(batch, gap)
    await scene.settle()
    expect(scene.pulls).toEqual([1])
    expect(numbers(scene.sent())).toEqual([1])
    scene.joined = granted({ mode: 'rewind', vector: btoa('\0') })
    scene.history = log.history
    scene.ack(batch, gap)
    await scene.settle()
    expect(scene.joins.at(-1)?.request.cursor).toMatchObject({ seq: 1, chain: NO_CHAIN })
    const [restore] = scene.sent()
    expect(restore).toMatchObject({ n: 2, restore: true })
    const copy = new Y.Doc()
    for (const update of decodeUpdates(restore?.payload ?? new Uint8Array())) Y.applyUpdate(copy, update)
    expect(copy.getText('title').toString()).toBe(scene.title)
  })
})

describe('[PULL1] rows', () => {
  test('are applied in order, and a gap is pulled once', async () => {
    const log = new Log()
    const scene = new SyncScene()
    await scene.connect()
    const [a, b, c] = ['a', 'b', 'c'].map((text) => log.type(text))
    if (!a || !b || !c) throw new Error('three rows')
    scene.history = log.history
    scene.row(a)
    scene.row(c)
    scene.row(c)
    await scene.settle()
    expect(scene.pulls).toEqual([1])
    expect(scene.title).toBe('abc')
    scene.row(b)
    await scene.settle()
    expect(scene.title).toBe('abc')
    expect(scene.sync.follower.standing).toEqual({ room: ROOM, seq: 3 })
  })

  test('are pulled again after the time the server named when it was too busy', async () => {
    const log = new Log()
    const scene = new SyncScene()
    await scene.connect()
    log.type('a')
    scene.pullAnswers.push({ refusal: refuse('rate-limited', 'later', 2500) })
    scene.history = log.history
    scene.row(log.type('b'))
    await scene.clock.advance(2499)
    expect(scene.pulls).toEqual([0])
    await scene.clock.advance(1)
    expect(scene.pulls).toEqual([0, 0])
    scene.row(log.type('c'))
    await scene.clock.advance(60_000)
    expect(scene.pulls).toHaveLength(2)
    expect(scene.title).toBe('abc')
    await scene.sync.destroy()
    expect(scene.left).toEqual([ROOM])
    expect(scene.clock.waiting).toBe(0)
  })

  test('that overtook the answer to the join are applied after its history', async () => {
    const log = new Log()
    const scene = new SyncScene()
    log.type('a')
    scene.history = { ...log.history, rows: [...log.history.rows] }
    const connected = scene.connect()
    scene.row(log.type('b'))
    await connected
    expect(scene.title).toBe('ab')
    expect(scene.pulls).toEqual([])
  })
})

describe('joining', () => {
  test('[JOIN3] is retried after longer and longer times if there is no usable answer', async () => {
    const scene = new SyncScene()
    scene.joined = new Error('cut')
    await scene.connect()
    await scene.clock.advance(60_000)
    expect(scene.joins.map(({ at }) => at)).toEqual([0, 750, 2000, 4250, 8500, 16_750, 32_000, 47_250])
    scene.joined = granted()
    await scene.clock.advance(15_250)
    expect(scene.sync.follower.state.phase).toBe('joined')
  })

  test('[END1] ends with the document, whatever the pending answer says', async () => {
    const scene = new SyncScene()
    const connected = scene.connect()
    scene.sync.follower.receiveReset({ room: ROOM, reason: 'deleted' })
    await connected
    expect(scene.sync.follower.state).toMatchObject({
      phase: 'ended',
      problem: 'document-deleted',
      uplink: null,
    })
  })

  test('[END1] a deleted document is looked for less and less often, and sends what waited when it is back', async () => {
    const scene = new SyncScene()
    await scene.connect()
    scene.row(new Log().type('x'))
    scene.type('unsent')
    const { follower } = scene.sync
    follower.receiveReset({ room: ROOM, reason: 'deleted' })
    const gone = { phase: 'ended', problem: 'document-deleted', uplink: null }
    scene.joined = refuse('document-deleted', 'in the trash')
    await scene.clock.advance(240_000)
    expect(follower.state).toMatchObject(gone)
    expect(scene.sync.mayType).toBe(false)
    expect(scene.joins.map(({ at }) => at)).toEqual([
      0, 4000, 12_000, 28_000, 60_000, 120_000, 180_000, 240_000,
    ])

    // A page that was away from the network or out of sight looks immediately.
    follower.disconnected()
    await scene.connect()
    follower.lookAgain()
    await scene.settle()
    expect(scene.joins).toHaveLength(10)
    expect(follower.state).toMatchObject(gone)

    scene.joined = granted({ room: 2 })
    follower.receiveReset({ room: ROOM, reason: 'rejoin' })
    await scene.settle()
    expect(follower.state).toMatchObject({ phase: 'merging', problem: null, uplink: { room: 2 } })
    expect(scene.sync.mayType).toBe(true)
    expect(scene.sent()).toMatchObject([{ n: 1, room: 2 }])
  })

  test('[END1] words wait for a document that is restored without their author’s right as a draft', async () => {
    for (const joined of [REFUSALS.notFound, granted({ role: 'viewer' })]) {
      const scene = new SyncScene()
      await scene.connect()
      scene.row(new Log().type('x'))
      scene.type('unsent')
      scene.sync.follower.receiveReset({ room: ROOM, reason: 'deleted' })
      expect(scene.sync.edits.draft.batches).toEqual([])
      scene.joined = joined
      await scene.clock.advance(4000)
      expect(scene.sync.edits.draft.batches).toHaveLength(1)
      expect(scene.sync.mayType).toBe(false)
    }
  })

  test('changes in one turn are reported once', async () => {
    const log = new Log()
    const scene = new SyncScene()
    await scene.connect()
    const before = scene.told
    for (const key of 'abc') scene.row(log.type(key))
    scene.type('x')
    scene.ack({ clientId: scene.doc.clientID, n: 1 })
    expect(scene.told).toBe(before)
    await scene.settle()
    expect(scene.told).toBe(before + 1)
  })
})
