import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { DamagedDocument } from '#lib/collab/document-store.ts'
import { checkDocument, foldDocument } from '#lib/collab/fold.ts'
import type { Connection } from '#lib/collab/members.ts'
import { type RoomEvent, type RoomJoin, type RoomJoined, Rooms } from '#lib/collab/rooms.ts'
import type { Ack, Notice, Reset, RoleChange } from '#lib/protocol/events.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { LIMITS } from '#lib/protocol/limits.ts'
import {
  type BatchBody,
  CHAIN_BYTES,
  chainToHex,
  decodeEntries,
  decodeHistory,
  decodeRow,
  encodeUpdates,
  type RowBody,
} from '#lib/protocol/wire.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { settled, VirtualClock } from '../support/virtual-clock.ts'

const DOCUMENT = 'document-1'

/** A connection that remembers what it was sent. */
class Probe implements Connection {
  readonly id: string
  readonly userId: string
  readonly entered = new Set<number>()
  readonly acks: Ack[] = []
  readonly resets: Reset[] = []
  readonly roles: RoleChange[] = []
  stopped = false
  readonly doc = new Y.Doc()
  #n = 0

  constructor(id: string, userId = `user of ${id}`) {
    this.id = id
    this.userId = userId
  }

  enter(room: number): void {
    this.entered.add(room)
  }
  exit(room: number): void {
    this.entered.delete(room)
  }
  ack(ack: Ack): void {
    this.acks.push(ack)
  }
  reset(reset: Reset): void {
    this.resets.push(reset)
  }
  changeRole(change: RoleChange): void {
    this.roles.push(change)
  }
  stop(): void {
    this.stopped = true
  }

  /** The batch of one edit. */
  edit(room: number, text: string): BatchBody {
    const title = this.doc.getText('title')
    return this.write(room, () => title.insert(title.length, text))
  }

  /** The batch of one transaction. */
  write(room: number, change: () => void): BatchBody {
    let update: Uint8Array | null = null
    this.doc.once('update', (made: Uint8Array) => {
      update = made
    })
    this.doc.transact(change)
    if (!update) throw new Error('no update')
    return this.batch(room, ++this.#n, [update])
  }

  batch(room: number, n: number, updates: Uint8Array[]): BatchBody {
    const { clientID: clientId } = this.doc
    return { room, clientId, n, part: 0, parts: 1, restore: false, payload: encodeUpdates(updates) }
  }

  get codes(): (string | undefined)[] {
    return this.acks.map((ack) => ack.refusal?.code)
  }
}

let clock: VirtualClock
let store: MemoryStore
let rooms: Rooms
let frames: RowBody[]
let notices: Notice[]
let events: RoomEvent[]
let onCheck: () => Promise<void>

function newRooms(): Rooms {
  return new Rooms({
    store,
    clock,
    hash: (...parts) => {
      const hash = createHash('sha256')
      for (const part of parts) hash.update(part)
      return new Uint8Array(hash.digest().subarray(0, CHAIN_BYTES))
    },
    fold: async (job) => foldDocument(job),
    check: async (job) => {
      await onCheck()
      return checkDocument(job)
    },
    foldingSpent: () => 0,
    cacheBytes: 1e6,
    policy: {
      quietMs: 100,
      titleShare: 1,
      checkShare: 1,
      burstMs: 1000,
      latestMs: 200,
      snapshotRows: 3,
      snapshotBytes: 1e6,
      keepMs: 1000,
      keepBytes: 1e6,
    },
    wire: {
      relay: (_room, frame) => frames.push(decodeRow(frame)),
      notice: (notice) => notices.push(notice),
    },
    onEvent: (event) => events.push(event),
  })
}

beforeEach(async () => {
  clock = new VirtualClock(() => 0.5)
  store = new MemoryStore()
  frames = []
  notices = []
  events = []
  onCheck = async () => undefined
  await store.create({
    documentId: DOCUMENT,
    lineage: 'lineage-1',
    ownerId: 'owner',
    schemaVersion: 1,
    createdAt: clock.now(),
    linkId: 'link-1',
    linkRole: 'editor',
  })
  rooms = newRooms()
})

async function join(probe: Probe, request: Partial<RoomJoin> = {}): Promise<RoomJoined> {
  const joined = await ask(probe, request)
  if (!joined.ok) throw new Error(joined.code)
  return joined
}

function ask(probe: Probe, request: Partial<RoomJoin> = {}) {
  const whole = {
    documentId: DOCUMENT,
    role: 'editor' as const,
    linkId: 'link-1',
    clientId: probe.doc.clientID,
    schemaVersion: 1,
  }
  return rooms.join(probe, { ...whole, cursor: null, ...request })
}

async function send(probe: Probe, batch: BatchBody): Promise<void> {
  rooms.receive(probe, batch)
  await clock.advance(50)
}

async function headSeq(): Promise<number | undefined> {
  return (await store.load(DOCUMENT))?.headSeq
}

const cursorAt = (row: RowBody) => ({ lineage: 'lineage-1', seq: row.seq, chain: chainToHex(row.chain) })

describe('joining', () => {
  test('[JOIN9] two clients that open a cold document at the same instant share one room and one reading', async () => {
    const [a, b] = await Promise.all([join(new Probe('a')), join(new Probe('b'))])
    expect(a.room).toBe(b.room)
    expect(rooms.size).toBe(1)
  })

  test('[ERR3] a failed load leaves nothing behind: the next join reads again', async () => {
    const load = store.load.bind(store)
    store.load = async () => {
      store.load = load
      throw new Error('no disk')
    }
    expect(await ask(new Probe('a'))).toMatchObject({ ok: false, code: 'storage-failed' })
    expect((await join(new Probe('a'))).ok).toBe(true)
  })

  test('[JOIN3] an unknown document and a deleted one are answered alike', async () => {
    expect(await ask(new Probe('a'), { documentId: 'nothing' })).toMatchObject({ code: 'not-found' })
    await store.delete(DOCUMENT, 'owner', clock.now())
    expect(await ask(new Probe('a'))).toMatchObject({ code: 'not-found' })
  })

  test('[JOIN4] a client id of somebody else is refused before anything is typed, also when nothing is in the log yet', async () => {
    const [a, b] = [new Probe('a'), new Probe('b')]
    const { room } = await join(a, { clientId: 7 })
    expect(await ask(b, { clientId: 7 })).toMatchObject({ ok: false, code: 'client-id-taken' })
    a.doc.clientID = 7
    await send(a, a.edit(room, 'x'))
    rooms.leave(a)
    expect(await ask(b, { clientId: 7 })).toMatchObject({ ok: false, code: 'client-id-taken' })
    expect((await join(a, { clientId: 7 })).acknowledged).toBe(1)
  })

  test('[JOIN4] a client id of the guest one once was is one’s own: to join with, and to send batches of', async () => {
    const guest = new Probe('guest')
    guest.doc.clientID = 7
    const { room } = await join(guest, { clientId: 7 })
    await send(guest, guest.edit(room, 'as a guest'))
    const later = guest.edit(room, ', never sent')
    rooms.leave(guest)
    const account = Object.assign(new Probe('account'), { aliases: new Set([guest.userId]) })
    await join(account, { clientId: 8 })
    await send(account, { ...later, room })
    expect(account.acks).toEqual([])
    expect(decodeEntries(frames.at(-1)?.entries ?? new Uint8Array())).toMatchObject([{ clientId: 7, n: 2 }])
    const stranger = Object.assign(new Probe('stranger'), { aliases: new Set(['user of somebody']) })
    expect(await ask(stranger, { clientId: 7 })).toMatchObject({ ok: false, code: 'client-id-taken' })
  })

  test('[JOIN1] an idle rejoin brings nothing and appends nothing', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    await send(a, a.edit(room, 'hello'))
    const [row] = frames
    if (!row) throw new Error('no frame')
    const again = await join(a, { cursor: cursorAt(row) })
    expect(again.mode).toBe('tail')
    expect(decodeHistory(again.history)).toEqual({ snapshot: null, rows: [] })
    expect(await headSeq()).toBe(1)
  })

  test('[JOIN5] a known cursor is answered with the rows after it, an old one with a snapshot when its rows are gone', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    for (const letter of 'abcdef') await send(a, a.edit(room, letter))
    const [first, second] = frames
    if (!first || !second) throw new Error('no frames')
    const known = decodeHistory((await join(new Probe('b'), { cursor: cursorAt(second) })).history)
    expect(known.rows.map((row) => row.seq)).toEqual([3, 4, 5, 6])
    await clock.advance(2000) // folded, and the covered rows are too old to be kept
    await send(a, a.edit(room, 'g'))
    for (const letter of 'hij') await send(a, a.edit(room, letter))
    await clock.advance(2000)
    const old = await join(new Probe('c'), { cursor: cursorAt(first) })
    expect(old.mode).toBe('snapshot')
    const doc = new Y.Doc()
    const { snapshot, rows } = decodeHistory(old.history)
    if (snapshot) Y.applyUpdate(doc, snapshot.state)
    for (const row of rows)
      for (const entry of decodeEntries(row.entries)) Y.applyUpdate(doc, entry.updates[0] as Uint8Array)
    expect(doc.getText('title').toString()).toBe('abcdefghij')
  })

  test('[JOIN5] a cursor of another history is answered with rewind and the state vector, another lineage with lineage', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    await send(a, a.edit(room, 'hello'))
    const beyond = await join(new Probe('b'), {
      cursor: { lineage: 'lineage-1', seq: 9, chain: '0'.repeat(32) },
    })
    expect(beyond.mode).toBe('rewind')
    expect(Y.decodeStateVector(beyond.vector ?? new Uint8Array()).get(a.doc.clientID)).toBe(5)
    expect(events).toContainEqual({ type: 'history-behind', documentId: DOCUMENT, head: 1, claimed: 9 })
    const other = await join(new Probe('c'), {
      cursor: { lineage: 'lineage-1', seq: 1, chain: 'e'.repeat(32) },
    })
    expect(other.mode).toBe('rewind')
    const rebuilt = await join(new Probe('d'), {
      cursor: { lineage: 'lineage-0', seq: 1, chain: '0'.repeat(32) },
    })
    expect(rebuilt.mode).toBe('lineage')
  })
})

describe('updates', () => {
  test('[UPD3] a batch sent three times is one entry, and each repetition is acknowledged', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const batch = a.edit(room, 'once')
    await send(a, batch)
    await send(a, batch)
    await send(a, batch)
    expect(frames).toHaveLength(1)
    expect(a.acks).toEqual([1, 2].map(() => ({ room, clientId: batch.clientId, n: 1 })))
    expect(await headSeq()).toBe(1)
  })

  test('[UPD3] a batch sent again before it is on disk is answered by its one frame', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const batch = a.edit(room, 'once')
    rooms.receive(a, batch)
    rooms.receive(a, batch)
    await clock.advance(50)
    expect(frames).toHaveLength(1)
    expect(a.acks).toEqual([])
  })

  test('[UPD5] what arrives while a commit is on its way goes into the next row together', async () => {
    const probes = Array.from({ length: 5 }, (_, i) => new Probe(`p${i}`))
    const joined = await Promise.all(probes.map((probe) => join(probe)))
    probes.forEach((probe, i) => {
      rooms.receive(probe, probe.edit(joined[i]?.room ?? 0, 'x'))
    })
    await clock.advance(50)
    expect(frames).toHaveLength(1)
    expect(decodeEntries(frames[0]?.entries ?? new Uint8Array())).toHaveLength(5)
  })

  test('[UPD6] a client names its user in its first entry only', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    await send(a, a.edit(room, 'x'))
    await send(a, a.edit(room, 'y'))
    const users = frames.flatMap((row) => decodeEntries(row.entries).map((entry) => entry.user))
    expect(users).toEqual(['user of a', ''])
  })

  test('[UPD3] a number left out is answered rewind, and nothing of it is kept', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const first = a.edit(room, 'x')
    const second = a.edit(room, 'y')
    await send(a, second)
    expect(a.codes).toEqual(['rewind'])
    await send(a, first)
    await send(a, second)
    expect(frames.map((row) => row.seq)).toEqual([1, 2])
  })

  test('[UPD8] an update that builds on what is not there is answered gap', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const skipped = a.edit(room, 'x')
    const second = a.edit(room, 'y')
    await send(a, { ...second, n: skipped.n })
    expect(a.codes).toEqual(['gap'])
    expect(await headSeq()).toBe(0)
  })

  test('[UPD7] viewers, older schemas and strangers change nothing, and are told why', async () => {
    const a = new Probe('a')
    const { room } = await join(a, { role: 'viewer' })
    await send(a, a.edit(room, 'x'))
    const b = new Probe('b')
    await join(b, { schemaVersion: 0 })
    await send(b, b.edit(room, 'x'))
    const c = new Probe('c')
    await send(c, c.edit(room, 'x'))
    expect([a.codes, b.codes, c.codes]).toEqual([['read-only'], ['schema-too-old'], ['not-joined']])
    expect(await headSeq()).toBe(0)
  })

  test('[JOIN8] a newer schema raises the schema of the document with its first change, not before', async () => {
    const old = { documentId: 'old', linkId: 'old', lineage: 'old', ownerId: 'owner', createdAt: 0 }
    await store.create({ ...old, schemaVersion: 0, linkRole: 'editor' })
    const a = new Probe('a')
    const { room } = await join(a, { documentId: 'old' })
    expect((await join(new Probe('b'), { documentId: 'old' })).schemaVersion).toBe(0)
    await send(a, a.edit(room, 'x'))
    expect((await join(new Probe('b'), { documentId: 'old' })).schemaVersion).toBe(1)
    expect((await store.load('old'))?.schemaVersion).toBe(1)
  })

  test('[JOIN8] who claims a schema newer than the server’s shuts nobody out', async () => {
    const a = new Probe('a')
    const { room } = await join(a, { schemaVersion: 2 })
    await send(a, a.edit(room, 'x'))
    expect(a.codes).toEqual(['schema-too-old'])
    expect((await join(new Probe('b'))).schemaVersion).toBe(1)
  })

  test('[UPD2] one large transaction travels in parts under one number and is one entry', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const whole = a.edit(room, '字'.repeat(200_000))
    const size = LIMITS.batchBytes
    const parts = Math.ceil(whole.payload.length / size)
    expect(parts).toBeGreaterThan(1)
    for (let part = 0; part < parts; part++) {
      expect(frames).toHaveLength(0)
      await send(a, {
        ...whole,
        part,
        parts,
        payload: whole.payload.subarray(part * size, (part + 1) * size),
      })
    }
    expect(frames).toHaveLength(1)
  })

  test('[UPD2] parts out of order, too many or too large are refused and leave nothing in memory', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const whole = a.edit(room, 'x')
    await send(a, { ...whole, part: 1, parts: 2 })
    await send(a, { ...whole, part: 0, parts: 1e9 })
    const large = new Uint8Array(LIMITS.messageBytes)
    const parts = 20
    for (let part = 0; part < 9; part++) await send(a, { ...whole, part, parts, payload: large })
    expect(a.codes).toEqual(['rewind', 'too-large', 'too-large'])
    expect(await headSeq()).toBe(0)
  })
})

describe('storage that fails', () => {
  test('[UPD9] a commit that failed is not acknowledged or relayed; the room is read again and the batch is taken once', async () => {
    for (const moment of ['before', 'after'] as const) {
      const a = new Probe(`a ${moment}`)
      const { room } = await join(a)
      const known = frames.length
      const batch = a.edit(room, moment)
      store.failNextCommit(moment)
      await send(a, batch)
      expect(frames).toHaveLength(known)
      expect(a.acks).toEqual([])
      expect(a.resets).toEqual([{ room, reason: 'rejoin' }])
      const again = await join(a)
      await send(a, { ...batch, room: again.room })
      const stored = await store.load(DOCUMENT)
      const mine = stored?.rows
        .flatMap((row) => decodeEntries(row.entries))
        .filter((each) => each.clientId === a.doc.clientID)
      expect(mine).toHaveLength(1)
    }
  })

  test('[UPD9] a row that the store refuses concerns its document alone', async () => {
    await store.create({
      documentId: 'document-2',
      lineage: 'lineage-2',
      ownerId: 'owner',
      schemaVersion: 1,
      createdAt: clock.now(),
      linkId: 'link-2',
      linkRole: 'editor',
    })
    const [a, b] = [new Probe('a'), new Probe('b')]
    const first = await join(a)
    const second = await join(b, { documentId: 'document-2' })
    store.refuse(DOCUMENT)
    rooms.receive(a, a.edit(first.room, 'x'))
    rooms.receive(b, b.edit(second.room, 'y'))
    await clock.advance(50)
    expect(frames.map((row) => row.room)).toEqual([second.room])
    await clock.advance(1000)
    expect(a.resets).toEqual([{ room: first.room, reason: 'rejoin' }])
    expect(b.resets).toEqual([])
  })

  test('[END2] after a second in one commit people are told, and told again when it is over', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    let release = (): void => undefined
    const commit = store.commit.bind(store)
    store.commit = async (rows) => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      return commit(rows)
    }
    rooms.receive(a, a.edit(room, 'x'))
    await clock.advance(1100)
    expect(notices).toEqual([{ room, code: 'storage-slow' }])
    release()
    await settled()
    expect(notices.at(-1)).toEqual({ room, code: 'storage-ok' })
    expect(frames).toHaveLength(1)
  })

  test('[END1] a damaged row quarantines its document, is named in the log, and others go on', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    for (const letter of 'ab') await send(a, a.edit(room, letter))
    const load = store.load.bind(store)
    store.load = async (documentId) => {
      const document = await load(documentId)
      if (!document) return null
      const rows = document.rows.map((row) => ({ ...row, entries: Uint8Array.from(row.entries) }))
      const last = rows.at(-1)?.entries
      if (last) last[last.length - 1] = (last.at(-1) ?? 0) ^ 1
      return { ...document, rows }
    }
    rooms = newRooms()
    expect(await ask(new Probe('b'))).toMatchObject({ ok: false, code: 'document-damaged' })
    expect(events.at(-1)).toMatchObject({ type: 'document-damaged', documentId: DOCUMENT })
  })

  test('[END1] a damaged snapshot quarantines for everybody, also for who needs only sound rows', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    await send(a, a.edit(room, 'x'))
    const [row] = frames
    if (!row) throw new Error('no row')
    rooms = newRooms()
    const returning = new Probe('b')
    const again = await join(returning, { cursor: cursorAt(row) })
    store.readSnapshot = async () => {
      throw new DamagedDocument(DOCUMENT, 'the snapshot does not match its hash')
    }
    expect(await ask(new Probe('c'))).toMatchObject({ ok: false, code: 'document-damaged' })
    expect(returning.resets).toEqual([{ room: again.room, reason: 'damaged' }])
    expect(await ask(returning, { cursor: cursorAt(row) })).toMatchObject({ code: 'document-damaged' })
    expect(events.filter(({ type }) => type === 'document-damaged')).toHaveLength(1)
  })

  test('[END1] damage found while folding quarantines', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    for (const letter of 'abcd') await send(a, a.edit(room, letter))
    await clock.advance(500)
    store.readSnapshot = async () => {
      throw new DamagedDocument(DOCUMENT, 'the snapshot does not match its hash')
    }
    await send(a, a.edit(room, 'e'))
    await clock.advance(500)
    expect(a.resets).toEqual([{ room, reason: 'damaged' }])
    expect(events.at(-1)).toMatchObject({ type: 'document-damaged', documentId: DOCUMENT })
  })
})

describe('leaving', () => {
  test('a room nobody is in is forgotten after a while; coming back meanwhile keeps it, and nothing is lost', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    await send(a, a.edit(room, 'x'))
    rooms.leave(a)
    await clock.advance(29_000)
    expect((await join(a)).room).toBe(room)
    await clock.advance(5000)
    rooms.receive(a, a.edit(room, 'y'))
    rooms.leave(a)
    await clock.advance(31_000)
    expect(rooms.size).toBe(0)
    const b = await join(new Probe('b'))
    expect(b.room).not.toBe(room)
    expect(await headSeq()).toBe(2)
  })

  test('[JOIN9] a late close of an old connection does not touch the new one of the same person', async () => {
    const [old, fresh] = [new Probe('old', 'mei'), new Probe('fresh', 'mei')]
    const { room } = await join(old)
    await join(fresh)
    rooms.leave(old)
    await send(fresh, fresh.edit(room, 'x'))
    expect(frames).toHaveLength(1)
    expect(fresh.entered.has(room)).toBe(true)
  })

  test('[END1] a deleted document ends for everybody in it', async () => {
    const [a, b] = [new Probe('a'), new Probe('b')]
    const { room } = await join(a)
    await join(b)
    await rooms.end(DOCUMENT, 'deleted')
    expect([a.resets, b.resets]).toEqual([[{ room, reason: 'deleted' }], [{ room, reason: 'deleted' }]])
    await send(a, a.edit(room, 'x'))
    expect(a.codes).toEqual(['not-joined'])
    expect(rooms.size).toBe(0)
  })

  test('[END3] closing commits what waits and takes nothing more', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    rooms.receive(a, a.edit(room, 'x'))
    await rooms.close()
    expect(await headSeq()).toBe(1)
    await send(a, a.edit(room, 'y'))
    expect(a.codes).toEqual(['draining'])
    expect(await ask(new Probe('b'))).toMatchObject({ code: 'draining' })
  })
})

describe('roles that change', () => {
  const change = (probe: Probe, role: Role | null) =>
    rooms.changeRoles(DOCUMENT, (member) => (member.connection === probe ? role : member.role), 'changed')

  test('[LIVE1] [LIVE2] what came before a lowering is committed, what comes after it is refused', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const release = store.holdCommits()
    rooms.receive(a, a.edit(room, 'before'))
    await change(a, 'viewer')
    rooms.receive(a, a.edit(room, 'after'))
    expect(a.roles).toEqual([{ room, role: 'viewer', reason: 'changed' }])
    expect(a.codes).toEqual(['read-only'])
    release()
    await clock.advance(50)
    expect(frames.map(({ seq }) => seq)).toEqual([1])
    expect(await headSeq()).toBe(1)
  })

  test('[LIVE2] a batch that was half here when the role was lowered is dropped, also when the role comes back', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const whole = a.edit(room, 'in two parts')
    const half = Math.ceil(whole.payload.length / 2)
    const part = (n: number) => ({
      ...whole,
      part: n,
      parts: 2,
      payload: n === 0 ? whole.payload.slice(0, half) : whole.payload.slice(half),
    })
    rooms.receive(a, part(0))
    await change(a, 'commenter')
    await change(a, 'editor')
    await send(a, part(1))
    expect(a.codes).toEqual(['rewind'])
    expect(await headSeq()).toBe(0)
    await send(a, whole)
    expect(await headSeq()).toBe(1)
  })

  test('[LIVE3] who may no longer be there is told, is out, and reads nothing more; others stay', async () => {
    const [a, b] = [new Probe('a'), new Probe('b')]
    const { room } = await join(a)
    await join(b)
    await change(a, null)
    expect(a.resets).toEqual([{ room, reason: 'withdrawn' }])
    expect([a.entered.size, b.entered.size]).toEqual([0, 1])
    expect(await rooms.pull(a, room, 0)).toMatchObject({ code: 'not-joined' })
    await send(a, a.edit(room, 'x'))
    expect(a.codes).toEqual(['not-joined'])
    await send(b, b.edit(room, 'y'))
    expect(b.codes).toEqual([])
    expect(rooms.roleOf(a, room)).toBeNull()
  })

  test('[LIVE1] only who has another role is told, and who is nowhere costs nothing', async () => {
    const [a, b] = [new Probe('a'), new Probe('b')]
    await join(a)
    await join(b, { role: 'viewer' })
    await change(b, 'editor')
    await change(b, 'editor')
    expect([a.roles.length, b.roles.length]).toEqual([0, 1])
    await rooms.changeRoles('nowhere', () => null, 'changed')
    expect(rooms.size).toBe(1)
  })

  test('[LIVE4] nobody enters by a role that may have changed since it was judged', async () => {
    const a = new Probe('a')
    expect(await ask(a, { isCurrent: () => false })).toMatchObject({ ok: false, code: 'internal' })
    expect([a.entered.size, await rooms.membersOf(DOCUMENT)]).toEqual([0, []])
  })
})

describe('the size of a document', () => {
  test('[LIM5] what makes it larger than a document may be is refused; deleting goes, and makes room', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const large = 'x'.repeat(7 * 1024 * 1024)
    await send(a, a.edit(room, large))
    await send(a, a.edit(room, large))
    await clock.advance(2000)
    const b = new Probe('b')
    await join(b)
    await send(b, b.edit(room, large))
    expect(b.codes).toEqual(['document-full'])
    await send(
      a,
      a.write(room, () => a.doc.getText('title').delete(0, 2 * large.length)),
    )
    expect(a.codes).toEqual([])
    await send(a, a.edit(room, 'small'))
    await clock.advance(2000)
    expect((await store.readSnapshot(DOCUMENT))?.bytes).toBeLessThan(1000)
    const c = new Probe('c')
    await join(c)
    await send(c, c.edit(room, large))
    expect(c.codes).toEqual([])
  })
})

describe('folding', () => {
  test('a quiet document gets its title projected; a snapshot is written when enough rows came, and rows are trimmed', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    await send(a, a.edit(room, 'A title'))
    await clock.advance(500)
    expect(events).toContainEqual({ type: 'title-projected', documentId: DOCUMENT, title: 'A title' })
    expect(await store.readSnapshot(DOCUMENT)).toBeNull()
    for (const letter of 'abc') await send(a, a.edit(room, letter))
    await clock.advance(2000)
    for (const letter of 'def') await send(a, a.edit(room, letter))
    await clock.advance(500)
    expect((await store.readSnapshot(DOCUMENT))?.seq).toBe(7)
    expect((await store.load(DOCUMENT))?.rows[0]?.seq).toBeGreaterThan(1)
    expect((await store.load(DOCUMENT))?.clients).toEqual([
      { clientId: a.doc.clientID, userId: 'user of a', lastN: 7 },
    ])
  })
})

describe('the memory of snapshots', () => {
  test('[JOIN5] fifty who come at once cost one reading and one encoding; a newer row is in what the next one gets', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    for (const letter of 'abcd') await send(a, a.edit(room, letter))
    await clock.advance(2000)
    let readings = 0
    const readSnapshot = store.readSnapshot.bind(store)
    store.readSnapshot = (documentId) => {
      readings++
      return readSnapshot(documentId)
    }
    const joined = await Promise.all(Array.from({ length: 50 }, (_, i) => join(new Probe(`p${i}`))))
    expect(readings).toBe(1)
    expect(new Set(joined.map((each) => each.history)).size).toBe(1)
    await send(a, a.edit(room, 'e'))
    const later = decodeHistory((await join(new Probe('later'))).history)
    expect(readings).toBe(1)
    expect(later.rows.at(-1)?.seq).toBe(5)
  })
})

describe('the schema', () => {
  const bodyOf = ({ doc }: Probe) => doc.getXmlFragment('body')
  const shown = () => {
    const doc = new Y.Doc()
    for (const { entries } of frames)
      for (const { updates } of decodeEntries(entries)) for (const each of updates) Y.applyUpdate(doc, each)
    return doc.getXmlFragment('body').toString()
  }

  test('[CHECK1] what breaks it is deleted behind it by the server, and its author is stopped', async () => {
    const [honest, hostile] = [new Probe('honest'), new Probe('hostile')]
    const { room } = await join(honest)
    await join(hostile)
    await send(
      honest,
      honest.write(room, () => bodyOf(honest).insert(0, [paragraphOf('honest words')])),
    )
    await send(
      hostile,
      hostile.write(room, () => bodyOf(hostile).insert(0, [new Y.XmlElement('script')])),
    )
    expect(shown()).toContain('script')
    await clock.advance(150)
    expect(shown()).toBe('<paragraph>honest words</paragraph>')
    expect([honest.stopped, hostile.stopped]).toEqual([false, true])
    const told = events.filter(({ type }) => type === 'schema-broken')
    expect(told).toMatchObject([{ documentId: DOCUMENT, userId: 'user of hostile' }])
    const entries = decodeEntries(frames.at(-1)?.entries ?? new Uint8Array())
    expect(entries).toMatchObject([{ n: 1, user: 'server' }])
    await clock.advance(500)
    expect(frames).toHaveLength(3)
  })

  test('[CHECK1] the server goes on under the client id it took, also after a restart, and nobody else gets it', async () => {
    const hostile = new Probe('hostile')
    for (const n of [1, 2]) {
      const { room } = await join(hostile)
      await send(
        hostile,
        hostile.write(room, () => bodyOf(hostile).insert(0, [new Y.XmlElement('script')])),
      )
      await clock.advance(300)
      const [entry] = decodeEntries(frames.at(-1)?.entries ?? new Uint8Array())
      expect(entry?.n).toBe(n)
      const thief = await ask(new Probe('thief'), { clientId: entry?.clientId ?? 0 })
      expect(thief).toMatchObject({ ok: false, code: 'client-id-taken' })
      await rooms.close()
      rooms = newRooms()
    }
    expect(shown()).toBe('')
  })

  test('[CHECK2] more new types than may go unchecked wait for the check, and those behind them; none is lost', async () => {
    const checks: PromiseWithResolvers<void>[] = []
    onCheck = () => {
      const check = Promise.withResolvers<void>()
      checks.push(check)
      return check.promise
    }
    const a = new Probe('a')
    const { room } = await join(a)
    const many = Array.from({ length: LIMITS.uncheckedTypes }, (_, i) => paragraphOf(`${i}`))
    await send(
      a,
      a.write(room, () => bodyOf(a).insert(0, many)),
    )
    await send(a, a.edit(room, 'behind'))
    expect([checks.length, frames.length]).toEqual([1, 0])
    checks[0]?.resolve()
    await clock.advance(50)
    expect(frames.flatMap(({ entries }) => decodeEntries(entries)).map(({ n }) => n)).toEqual([1, 2])
    expect(a.codes).toEqual([])
    await send(
      a,
      a.write(room, () => bodyOf(a).insert(0, [paragraphOf('few')])),
    )
    expect([checks.length, frames.length]).toEqual([1, 2])
  })

  test('[CHECK2] what waits and breaks the schema reaches the log together with its deletion', async () => {
    const a = new Probe('a')
    const { room } = await join(a)
    const many = Array.from({ length: LIMITS.uncheckedTypes + 1 }, () => new Y.XmlElement('script'))
    await send(
      a,
      a.write(room, () => bodyOf(a).insert(0, [...many, paragraphOf('kept')])),
    )
    await clock.advance(50)
    expect(frames).toHaveLength(1)
    expect(shown()).toBe('<paragraph>kept</paragraph>')
    expect(a.stopped).toBe(true)
  })

  test('[CHECK2] a check that fails accepts nothing: everybody joins again, and nothing of it is in the log', async () => {
    onCheck = () => Promise.reject(new Error('too much'))
    const a = new Probe('a')
    const { room } = await join(a)
    const many = Array.from({ length: LIMITS.uncheckedTypes }, (_, i) => paragraphOf(`${i}`))
    await send(
      a,
      a.write(room, () => bodyOf(a).insert(0, many)),
    )
    await clock.advance(2000)
    expect(a.resets).toEqual([{ room, reason: 'rejoin' }])
    expect(await headSeq()).toBe(0)
    expect(events.map(({ type }) => type)).toContain('fold-failed')
  })

  test('[CHECK3] a document of a newer schema is never judged', async () => {
    await store.create({
      documentId: 'newer',
      lineage: 'newer',
      ownerId: 'owner',
      schemaVersion: 1,
      createdAt: 0,
      linkId: 'newer',
      linkRole: 'editor',
    })
    const a = new Probe('a')
    const { room } = await join(a, { documentId: 'newer' })
    await send(
      a,
      a.write(room, () => bodyOf(a).insert(0, [new Y.XmlElement('newKind')])),
    )
    // The server of a newer version wrote a row meanwhile; this is the older one again.
    const stored = await store.load('newer')
    if (!stored) throw new Error('not stored')
    await rooms.close()
    store.load = async () => ({ ...stored, schemaVersion: 2 })
    rooms = newRooms()
    await join(new Probe('b'), { documentId: 'newer' })
    await clock.advance(1000)
    expect(frames).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'schema-broken')).toEqual([])
  })
})
