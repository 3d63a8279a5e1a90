import { beforeEach, describe, expect, test } from 'vitest'
import { DamagedDocument } from '#lib/collab/document-store.ts'
import { decodeEntries } from '#lib/protocol/log-row.ts'
import { newDocument } from '../storage/stored-values.ts'
import { settled } from '../support/virtual-clock.ts'
import { cursorAt, DOCUMENT, Probe, RoomsScene } from './rooms-scene.ts'

let scene: RoomsScene

beforeEach(async () => {
  scene = await RoomsScene.open()
})

describe('failing storage', () => {
  test('[UPD9] a failed commit is not acknowledged or relayed; the room is read again and the batch is accepted once', async () => {
    for (const moment of ['before', 'after'] as const) {
      const a = new Probe(`a ${moment}`)
      const { room } = await scene.join(a)
      const known = scene.frames.length
      const batch = a.edit(room, moment)
      scene.store.failNextCommit(moment)
      await scene.send(a, batch)
      expect(scene.frames).toHaveLength(known)
      expect(a.acks).toEqual([])
      expect(a.resets).toEqual([{ room, reason: 'rejoin' }])
      const again = await scene.join(a)
      await scene.send(a, { ...batch, room: again.room })
      const stored = await scene.store.load(DOCUMENT)
      const mine = stored?.rows
        .flatMap((row) => decodeEntries(row.entries))
        .filter((each) => each.clientId === a.doc.clientID)
      expect(mine).toHaveLength(1)
    }
  })

  test('[UPD9] a row that the store refuses affects only its document', async () => {
    await scene.store.create(newDocument('document-2'))
    const [a, b] = [new Probe('a'), new Probe('b')]
    const first = await scene.join(a)
    const second = await scene.join(b, { documentId: 'document-2' })
    scene.store.refuse(DOCUMENT)
    scene.rooms.receive(a, a.edit(first.room, 'x'))
    scene.rooms.receive(b, b.edit(second.room, 'y'))
    await scene.clock.advance(50)
    expect(scene.frames.map((row) => row.room)).toEqual([second.room])
    await scene.clock.advance(1000)
    expect(a.resets).toEqual([{ room: first.room, reason: 'rejoin' }])
    expect(b.resets).toEqual([])
  })

  test('[END2] after a second in one commit members are notified, and again when it ends', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    let release = (): void => undefined
    const commit = scene.store.commit.bind(scene.store)
    scene.store.commit = async (rows) => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      return commit(rows)
    }
    scene.rooms.receive(a, a.edit(room, 'x'))
    await scene.clock.advance(1100)
    expect(a.notices).toEqual([{ room, code: 'storage-slow' }])
    release()
    await settled()
    expect(a.notices.at(-1)).toEqual({ room, code: 'storage-ok' })
    expect(scene.frames).toHaveLength(1)
  })

  test('[END1] a damaged row quarantines its document and is named in the log; other documents continue', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    for (const letter of 'ab') await scene.send(a, a.edit(room, letter))
    const load = scene.store.load.bind(scene.store)
    scene.store.load = async (documentId) => {
      const document = await load(documentId)
      if (!document) return null
      const rows = document.rows.map((row) => ({ ...row, entries: Uint8Array.from(row.entries) }))
      const last = rows.at(-1)?.entries
      if (last) last[last.length - 1] = (last.at(-1) ?? 0) ^ 1
      return { ...document, rows }
    }
    scene.restart()
    expect(await scene.ask(new Probe('b'))).toMatchObject({ ok: false, code: 'document-damaged' })
    expect(scene.events.at(-1)).toMatchObject({ type: 'document-damaged', documentId: DOCUMENT })
  })

  test('[END1] a damaged snapshot quarantines for everyone, even for clients that need only undamaged rows', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    await scene.send(a, a.edit(room, 'x'))
    const [row] = scene.frames
    if (!row) throw new Error('no row')
    scene.restart()
    const returning = new Probe('b')
    const again = await scene.join(returning, { cursor: cursorAt(row) })
    scene.store.readSnapshot = async () => {
      throw new DamagedDocument(DOCUMENT, 'the snapshot does not match its hash')
    }
    expect(await scene.ask(new Probe('c'))).toMatchObject({ ok: false, code: 'document-damaged' })
    expect(returning.resets).toEqual([{ room: again.room, reason: 'damaged' }])
    expect(await scene.ask(returning, { cursor: cursorAt(row) })).toMatchObject({ code: 'document-damaged' })
    expect(scene.events.filter(({ type }) => type === 'document-damaged')).toHaveLength(1)
  })

  test('[END1] damage found by a fold quarantines', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    for (const letter of 'abcd') await scene.send(a, a.edit(room, letter))
    await scene.clock.advance(500)
    scene.store.readSnapshot = async () => {
      throw new DamagedDocument(DOCUMENT, 'the snapshot does not match its hash')
    }
    await scene.send(a, a.edit(room, 'e'))
    await scene.clock.advance(500)
    expect(a.resets).toEqual([{ room, reason: 'damaged' }])
    expect(scene.events.at(-1)).toMatchObject({ type: 'document-damaged', documentId: DOCUMENT })
  })
})

describe('folding', () => {
  test('a quiet document gets its title projected; after enough rows a snapshot is written and rows are trimmed', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    await scene.send(a, a.edit(room, 'A title'))
    await scene.clock.advance(500)
    expect(scene.titles).toEqual([[DOCUMENT, 'A title']])
    expect(await scene.store.readSnapshot(DOCUMENT)).toBeNull()
    for (const letter of 'abc') await scene.send(a, a.edit(room, letter))
    await scene.clock.advance(2000)
    for (const letter of 'def') await scene.send(a, a.edit(room, letter))
    await scene.clock.advance(500)
    expect((await scene.store.readSnapshot(DOCUMENT))?.seq).toBe(7)
    expect((await scene.store.load(DOCUMENT))?.rows[0]?.seq).toBeGreaterThan(1)
    expect((await scene.store.load(DOCUMENT))?.clients).toEqual([
      { clientId: a.doc.clientID, userId: 'user of a', lastN: 7 },
    ])
  })
})
