import { beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { digestDocument } from '#lib/document/fold.ts'
import { ENTRY_BODY_UPDATE, encodeEntries } from '#lib/protocol/log-row.ts'
import { DOCUMENT, Probe, RoomsScene } from '../rooms-scene.ts'

let scene: RoomsScene
let ada: Probe
let bo: Probe
let room: number

beforeEach(async () => {
  scene = await RoomsScene.open()
  ada = new Probe('ada')
  bo = new Probe('bo')
  room = (await scene.join(ada)).room
  await scene.join(bo)
})

const OTHER = '0'.repeat(32)

/** Returns the digest of the content of a client's own edits. */
function digestOf({ doc }: Probe): string {
  const updates = [Y.encodeStateAsUpdate(doc)]
  const entry = { kind: ENTRY_BODY_UPDATE, clientId: doc.clientID, n: 1, user: '', updates }
  return digestDocument({ state: null, rows: [encodeEntries([entry])], ours: true })
}

test('[CMP1] a copy is the same, or differs, after the last row or an earlier one still in the log', async () => {
  await scene.send(ada, ada.edit(room, 'one'))
  const first = digestOf(ada)
  await scene.send(ada, ada.edit(room, ' two'))
  expect(await scene.rooms.compare(bo, { room, seq: 2, digest: digestOf(ada) })).toBe('same')
  expect(await scene.rooms.compare(bo, { room, seq: 1, digest: first })).toBe('same')
  expect(await scene.rooms.compare(bo, { room, seq: 2, digest: first })).toBe('differs')
  expect(await scene.rooms.compare(bo, { room, seq: 3, digest: digestOf(ada) })).toBe('unknown')
})

test('[CMP1] a row before the newest snapshot is unknown', async () => {
  for (const text of ['a', 'b', 'c', 'd']) await scene.send(ada, ada.edit(room, text))
  await scene.clock.advance(1000)
  expect(await scene.store.readSnapshot(DOCUMENT)).toMatchObject({ seq: 4 })
  expect(await scene.rooms.compare(bo, { room, seq: 2, digest: OTHER })).toBe('unknown')
  expect(await scene.rooms.compare(bo, { room, seq: 4, digest: digestOf(ada) })).toBe('same')
  expect(scene.digested).toEqual([0])
})

test('[CMP3] all who ask about a row share one fold; a copy that differs causes a new one', async () => {
  await scene.send(ada, ada.edit(room, 'one'))
  const ask = (digest: string) => scene.rooms.compare(bo, { room, seq: 1, digest })
  expect(await Promise.all(Array.from({ length: 20 }, () => ask(digestOf(ada))))).toEqual(
    Array(20).fill('same'),
  )
  expect(await ask(digestOf(ada))).toBe('same')
  expect(scene.digested).toEqual([1])
  expect(await ask(OTHER)).toBe('differs')
  expect(await ask(digestOf(ada))).toBe('same')
  expect(scene.digested).toEqual([1, 1])
})

test('[CMP4] a copy that differs is reported, with its user and the beginnings of both digests', async () => {
  await scene.send(ada, ada.edit(room, 'one'))
  await scene.rooms.compare(bo, { room, seq: 1, digest: OTHER })
  expect(scene.events.filter(({ type }) => type === 'content-differs')).toEqual([
    {
      type: 'content-differs',
      documentId: DOCUMENT,
      seq: 1,
      userId: bo.userId,
      clientId: bo.doc.clientID,
      ours: digestOf(ada).slice(0, 8),
      theirs: '00000000',
    },
  ])
})

test('[CMP1] a client outside the room, or gone when the result is known, gets no verdict', async () => {
  await scene.send(ada, ada.edit(room, 'one'))
  const digest = digestOf(ada)
  const stranger = await scene.rooms.compare(new Probe('eve'), { room, seq: 1, digest })
  expect(stranger).toMatchObject({ ok: false, code: 'not-joined' })
  const late = scene.rooms.compare(bo, { room, seq: 1, digest })
  bo.leave()
  expect(await late).toMatchObject({ ok: false, code: 'not-joined' })
})
