import { beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { decodeEntries } from '#lib/protocol/log-row.ts'
import { decodeHistory } from '#lib/protocol/messages/history.ts'
import { cursorAt, DOCUMENT, Probe, RoomsScene } from './rooms-scene.ts'

let scene: RoomsScene

beforeEach(async () => {
  scene = await RoomsScene.open()
})

describe('joining', () => {
  test('[JOIN9] two clients that open a cold document at the same instant share one room and one read', async () => {
    const [a, b] = await Promise.all([scene.join(new Probe('a')), scene.join(new Probe('b'))])
    expect(a.room).toBe(b.room)
    expect(scene.rooms.size).toBe(1)
  })

  test('[ERR3] a failed load leaves nothing behind: the next join reads again', async () => {
    const load = scene.store.load.bind(scene.store)
    scene.store.load = async () => {
      scene.store.load = load
      throw new Error('no disk')
    }
    expect(await scene.ask(new Probe('a'))).toMatchObject({ ok: false, code: 'storage-failed' })
    expect((await scene.join(new Probe('a'))).ok).toBe(true)
  })

  test('[JOIN3] an unknown document and a deleted one are answered alike', async () => {
    expect(await scene.ask(new Probe('a'), { documentId: 'nothing' })).toMatchObject({ code: 'not-found' })
    await scene.store.delete(DOCUMENT, 'owner', scene.clock.now())
    expect(await scene.ask(new Probe('a'))).toMatchObject({ code: 'not-found' })
  })

  test('[JOIN4] another user’s client id is refused before anything is typed, even if nothing is in the log', async () => {
    const [a, b] = [new Probe('a'), new Probe('b')]
    const { room } = await scene.join(a, { clientId: 7 })
    expect(await scene.ask(b, { clientId: 7 })).toMatchObject({ ok: false, code: 'client-id-taken' })
    a.doc.clientID = 7
    await scene.send(a, a.edit(room, 'x'))
    a.leave()
    expect(await scene.ask(b, { clientId: 7 })).toMatchObject({ ok: false, code: 'client-id-taken' })
    expect((await scene.join(a, { clientId: 7 })).acknowledged).toBe(1)
  })

  test('[JOIN4] the client id of a guest who became the user is the user’s own, for joins and for batches', async () => {
    const guest = new Probe('guest')
    guest.doc.clientID = 7
    const { room } = await scene.join(guest, { clientId: 7 })
    await scene.send(guest, guest.edit(room, 'as a guest'))
    const later = guest.edit(room, ', never sent')
    guest.leave()
    const account = Object.assign(new Probe('account'), { aliases: new Set([guest.userId]) })
    await scene.join(account, { clientId: 8 })
    await scene.send(account, { ...later, room })
    expect(account.acks).toEqual([])
    expect(decodeEntries(scene.frames.at(-1)?.entries ?? new Uint8Array())).toMatchObject([
      { clientId: 7, n: 2 },
    ])
    const stranger = Object.assign(new Probe('stranger'), { aliases: new Set(['user of somebody']) })
    expect(await scene.ask(stranger, { clientId: 7 })).toMatchObject({ ok: false, code: 'client-id-taken' })
  })

  test('[JOIN1] an idle rejoin receives nothing and appends nothing', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    await scene.send(a, a.edit(room, 'hello'))
    const [row] = scene.frames
    if (!row) throw new Error('no frame')
    const again = await scene.join(a, { cursor: cursorAt(row) })
    expect(again.mode).toBe('tail')
    expect(decodeHistory(again.history.whole())).toEqual({ snapshot: null, rows: [] })
    expect(await scene.headSeq()).toBe(1)
  })

  test('[JOIN5] a known cursor is answered with the rows after it, an old one with a snapshot if its rows are gone', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    for (const letter of 'abcdef') await scene.send(a, a.edit(room, letter))
    const [first, second] = scene.frames
    if (!first || !second) throw new Error('no frames')
    const known = decodeHistory(
      (await scene.join(new Probe('b'), { cursor: cursorAt(second) })).history.whole(),
    )
    expect(known.rows.map((row) => row.seq)).toEqual([3, 4, 5, 6])
    await scene.clock.advance(2000) // folded, and the covered rows are too old to be kept
    await scene.send(a, a.edit(room, 'g'))
    for (const letter of 'hij') await scene.send(a, a.edit(room, letter))
    await scene.clock.advance(2000)
    const old = await scene.join(new Probe('c'), { cursor: cursorAt(first) })
    expect(old.mode).toBe('snapshot')
    const doc = new Y.Doc()
    const { snapshot, rows } = decodeHistory(old.history.whole())
    if (snapshot) Y.applyUpdate(doc, snapshot.state)
    for (const row of rows)
      for (const entry of decodeEntries(row.entries)) Y.applyUpdate(doc, entry.updates[0] as Uint8Array)
    expect(doc.getText('title').toString()).toBe('abcdefghij')
  })

  test('[JOIN5] a cursor of another history is answered with rewind and the state vector, another lineage with lineage', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    await scene.send(a, a.edit(room, 'hello'))
    const beyond = await scene.join(new Probe('b'), {
      cursor: { lineage: 'lineage-1', seq: 9, chain: '0'.repeat(32) },
    })
    expect(beyond.mode).toBe('rewind')
    expect(Y.decodeStateVector(beyond.vector ?? new Uint8Array()).get(a.doc.clientID)).toBe(5)
    expect(scene.events).toContainEqual({ type: 'history-behind', documentId: DOCUMENT, head: 1, claimed: 9 })
    const other = await scene.join(new Probe('c'), {
      cursor: { lineage: 'lineage-1', seq: 1, chain: 'e'.repeat(32) },
    })
    expect(other.mode).toBe('rewind')
    const rebuilt = await scene.join(new Probe('d'), {
      cursor: { lineage: 'lineage-0', seq: 1, chain: '0'.repeat(32) },
    })
    expect(rebuilt.mode).toBe('lineage')
  })
})

describe('the cache of snapshots', () => {
  test('[JOIN5] fifty simultaneous joins cost one read and one encoding; the next one also gets a newer row', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    for (const letter of 'abcd') await scene.send(a, a.edit(room, letter))
    await scene.clock.advance(2000)
    let readings = 0
    const readSnapshot = scene.store.readSnapshot.bind(scene.store)
    scene.store.readSnapshot = (documentId) => {
      readings++
      return readSnapshot(documentId)
    }
    const joined = await Promise.all(Array.from({ length: 50 }, (_, i) => scene.join(new Probe(`p${i}`))))
    expect(readings).toBe(1)
    expect(new Set(joined.map((each) => each.history)).size).toBe(1)
    await scene.send(a, a.edit(room, 'e'))
    const later = decodeHistory((await scene.join(new Probe('later'))).history.whole())
    expect(readings).toBe(1)
    expect(later.rows.at(-1)?.seq).toBe(5)
  })
})
