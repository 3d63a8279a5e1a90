import { beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { REFUSALS } from '#lib/protocol/errors.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { decodeEntries } from '#lib/protocol/log-row.ts'
import { newDocument } from '../storage/stored-values.ts'
import { DOCUMENT, Probe, RoomsScene } from './rooms-scene.ts'

let scene: RoomsScene

beforeEach(async () => {
  scene = await RoomsScene.open()
})

describe('updates', () => {
  test('[UPD3] a batch sent three times is one entry, and each repetition is acknowledged', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const batch = a.edit(room, 'once')
    await scene.send(a, batch)
    await scene.send(a, batch)
    await scene.send(a, batch)
    expect(scene.frames).toHaveLength(1)
    expect(a.acks).toEqual([1, 2].map(() => ({ room, clientId: batch.clientId, n: 1 })))
    expect(await scene.headSeq()).toBe(1)
  })

  test('[UPD3] a batch sent again before it is on disk is answered by its one frame', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const batch = a.edit(room, 'once')
    scene.rooms.receive(a, batch)
    scene.rooms.receive(a, batch)
    await scene.clock.advance(50)
    expect(scene.frames).toHaveLength(1)
    expect(a.acks).toEqual([])
  })

  test('[UPD5] batches that arrive during a commit share the next row', async () => {
    const probes = Array.from({ length: 5 }, (_, i) => new Probe(`p${i}`))
    const joined = await Promise.all(probes.map((probe) => scene.join(probe)))
    probes.forEach((probe, i) => {
      scene.rooms.receive(probe, probe.edit(joined[i]?.room ?? 0, 'x'))
    })
    await scene.clock.advance(50)
    expect(scene.frames).toHaveLength(1)
    expect(decodeEntries(scene.frames[0]?.entries ?? new Uint8Array())).toHaveLength(5)
  })

  test('[UPD6] a client names its user in its first entry only', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    await scene.send(a, a.edit(room, 'x'))
    await scene.send(a, a.edit(room, 'y'))
    const users = scene.frames.flatMap((row) => decodeEntries(row.entries).map((entry) => entry.user))
    expect(users).toEqual(['user of a', ''])
  })

  test('[UPD3] a skipped number is answered with rewind, and nothing of the batch is kept', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const first = a.edit(room, 'x')
    const second = a.edit(room, 'y')
    await scene.send(a, second)
    expect(a.codes).toEqual(['rewind'])
    await scene.send(a, first)
    await scene.send(a, second)
    expect(scene.frames.map((row) => row.seq)).toEqual([1, 2])
  })

  test('[UPD8] an update that builds on missing structs is answered with gap', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const skipped = a.edit(room, 'x')
    const second = a.edit(room, 'y')
    await scene.send(a, { ...second, n: skipped.n })
    expect(a.codes).toEqual(['gap'])
    expect(await scene.headSeq()).toBe(0)
  })

  test('[UPD7] viewers, older schemas and strangers change nothing, and get the reason', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a, { role: 'viewer' })
    await scene.send(a, a.edit(room, 'x'))
    const b = new Probe('b')
    await scene.join(b, { schemaVersion: 0 })
    await scene.send(b, b.edit(room, 'x'))
    const c = new Probe('c')
    await scene.send(c, c.edit(room, 'x'))
    expect([a.codes, b.codes, c.codes]).toEqual([['read-only'], ['schema-too-old'], ['not-joined']])
    expect(await scene.headSeq()).toBe(0)
  })

  test('[JOIN8] a newer schema raises the schema of the document with its first change, not before', async () => {
    await scene.store.create(newDocument('old', { schemaVersion: 0 }))
    const a = new Probe('a')
    const { room } = await scene.join(a, { documentId: 'old' })
    expect((await scene.join(new Probe('b'), { documentId: 'old' })).schemaVersion).toBe(0)
    await scene.send(a, a.edit(room, 'x'))
    expect((await scene.join(new Probe('b'), { documentId: 'old' })).schemaVersion).toBe(1)
    expect((await scene.store.load('old'))?.schemaVersion).toBe(1)
  })

  test('[JOIN8] a client that claims a schema newer than the server’s locks no one out', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a, { schemaVersion: 2 })
    await scene.send(a, a.edit(room, 'x'))
    expect(a.codes).toEqual(['schema-too-old'])
    expect((await scene.join(new Probe('b'))).schemaVersion).toBe(1)
  })

  test('[UPD2] one large transaction is sent in parts under one number and is one entry', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const whole = a.paste(room, '字'.repeat(200_000))
    const size = LIMITS.batchBytes
    const parts = Math.ceil(whole.payload.length / size)
    expect(parts).toBeGreaterThan(1)
    for (let part = 0; part < parts; part++) {
      expect(scene.frames).toHaveLength(0)
      await scene.send(a, {
        ...whole,
        part,
        parts,
        payload: whole.payload.subarray(part * size, (part + 1) * size),
      })
    }
    expect(scene.frames).toHaveLength(1)
  })

  test('[UPD2] parts out of order, too many or too large are refused and leave nothing in memory', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const whole = a.edit(room, 'x')
    await scene.send(a, { ...whole, part: 1, parts: 2 })
    await scene.send(a, { ...whole, part: 0, parts: 1e9 })
    const large = new Uint8Array(LIMITS.messageBytes)
    const parts = 20
    for (let part = 0; part < 9; part++) await scene.send(a, { ...whole, part, parts, payload: large })
    expect(a.codes).toEqual(['rewind', 'too-large', 'too-large'])
    expect(await scene.headSeq()).toBe(0)
  })
})

describe('the size of a document', () => {
  test('[LIM5] a batch that would exceed the limit is refused; deleting is allowed, and makes room', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const large = 'x'.repeat(7 * 1024 * 1024)
    await scene.send(a, a.paste(room, large))
    await scene.send(a, a.paste(room, large))
    await scene.clock.advance(2000)
    const b = new Probe('b')
    await scene.join(b)
    await scene.send(b, b.paste(room, large))
    expect(b.codes).toEqual(['document-full'])
    await scene.send(
      a,
      a.write(room, () => a.doc.getXmlFragment('body').delete(0, 2)),
    )
    expect(a.codes).toEqual([])
    await scene.send(a, a.edit(room, 'small'))
    await scene.clock.advance(2000)
    expect((await scene.store.readSnapshot(DOCUMENT))?.bytes).toBeLessThan(1000)
    const c = new Probe('c')
    await scene.join(c)
    await scene.send(c, c.paste(room, large))
    expect(c.codes).toEqual([])
  })
})

test('[LIM11] a batch without a budget is refused for now and changes nothing; deleting costs nothing', async () => {
  const a = new Probe('a')
  const { room } = await scene.join(a)
  await scene.send(a, a.edit(room, 'kept'))
  const b = new Probe('b')
  await scene.join(b)
  Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc))
  const { spent } = scene
  expect(spent).toBeGreaterThan(0)
  scene.unpaid = REFUSALS.ownerFull
  const refused = a.edit(room, ' and refused')
  await scene.send(a, refused)
  expect(a.acks.at(-1)).toMatchObject({ n: 2, refusal: { code: 'owner-full', retryAfterMs: 5000 } })
  expect(await scene.headSeq()).toBe(1)
  await scene.send(
    b,
    b.write(room, () => b.doc.getText('title').delete(0, 1)),
  )
  expect([b.codes, await scene.headSeq()]).toEqual([[], 2])
  scene.unpaid = null
  await scene.send(a, refused)
  expect(await scene.headSeq()).toBe(3)
})
