import { beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'
import { decodeEntries } from '#lib/protocol/log-row.ts'
import { newDocument } from '../storage/stored-values.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { DOCUMENT, Probe, RoomsScene } from './rooms-scene.ts'

let scene: RoomsScene

beforeEach(async () => {
  scene = await RoomsScene.open()
})

describe('the schema', () => {
  const bodyOf = ({ doc }: Probe) => doc.getXmlFragment('body')
  const shown = () => {
    const doc = new Y.Doc()
    for (const { entries } of scene.frames)
      for (const { updates } of decodeEntries(entries)) for (const each of updates) Y.applyUpdate(doc, each)
    return doc.getXmlFragment('body').toString()
  }

  test('[CHECK1] content that breaks it is deleted by the server, and its author is stopped', async () => {
    const [honest, hostile] = [new Probe('honest'), new Probe('hostile')]
    const { room } = await scene.join(honest)
    await scene.join(hostile)
    await scene.send(
      honest,
      honest.write(room, () => bodyOf(honest).insert(0, [paragraphOf('honest words')])),
    )
    await scene.send(
      hostile,
      hostile.write(room, () => bodyOf(hostile).insert(0, [new Y.XmlElement('script')])),
    )
    expect(shown()).toContain('script')
    await scene.clock.advance(150)
    expect(shown()).toBe('<paragraph>honest words</paragraph>')
    expect([honest.stopped, hostile.stopped]).toEqual([false, true])
    const told = scene.events.filter(({ type }) => type === 'schema-broken')
    expect(told).toMatchObject([{ documentId: DOCUMENT, userId: 'user of hostile' }])
    const entries = decodeEntries(scene.frames.at(-1)?.entries ?? new Uint8Array())
    expect(entries).toMatchObject([{ n: 1, user: 'server' }])
    await scene.clock.advance(500)
    expect(scene.frames).toHaveLength(3)
  })

  test('[CHECK1] the server keeps the client id it took, also after a restart, and no one else gets it', async () => {
    const hostile = new Probe('hostile')
    for (const n of [1, 2]) {
      const { room } = await scene.join(hostile)
      await scene.send(
        hostile,
        hostile.write(room, () => bodyOf(hostile).insert(0, [new Y.XmlElement('script')])),
      )
      await scene.clock.advance(300)
      const [entry] = decodeEntries(scene.frames.at(-1)?.entries ?? new Uint8Array())
      expect(entry?.n).toBe(n)
      const thief = await scene.ask(new Probe('thief'), { clientId: entry?.clientId ?? 0 })
      expect(thief).toMatchObject({ ok: false, code: 'client-id-taken' })
      await scene.rooms.close()
      scene.restart()
    }
    expect(shown()).toBe('')
  })

  test('[CHECK2] more new types than may go unchecked wait for the check, and so do later ones; none is lost', async () => {
    const checks: PromiseWithResolvers<void>[] = []
    scene.onCheck = () => {
      const check = Promise.withResolvers<void>()
      checks.push(check)
      return check.promise
    }
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const many = Array.from({ length: LIMITS.uncheckedTypes }, (_, i) => paragraphOf(`${i}`))
    await scene.send(
      a,
      a.write(room, () => bodyOf(a).insert(0, many)),
    )
    await scene.send(a, a.edit(room, 'behind'))
    expect([checks.length, scene.frames.length]).toEqual([1, 0])
    checks[0]?.resolve()
    await scene.clock.advance(50)
    expect(scene.frames.flatMap(({ entries }) => decodeEntries(entries)).map(({ n }) => n)).toEqual([1, 2])
    expect(a.codes).toEqual([])
    await scene.send(
      a,
      a.write(room, () => bodyOf(a).insert(0, [paragraphOf('few')])),
    )
    expect([checks.length, scene.frames.length]).toEqual([1, 2])
  })

  test('[CHECK2] a waiting batch that breaks the schema reaches the log together with its deletion', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const many = Array.from({ length: LIMITS.uncheckedTypes + 1 }, () => new Y.XmlElement('script'))
    await scene.send(
      a,
      a.write(room, () => bodyOf(a).insert(0, [...many, paragraphOf('kept')])),
    )
    await scene.clock.advance(50)
    expect(scene.frames).toHaveLength(1)
    expect(shown()).toBe('<paragraph>kept</paragraph>')
    expect(a.stopped).toBe(true)
  })

  test('[CHECK2] a failed check accepts nothing: everyone joins again, and nothing of it is in the log', async () => {
    scene.onCheck = () => Promise.reject(new Error('too much'))
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const many = Array.from({ length: LIMITS.uncheckedTypes }, (_, i) => paragraphOf(`${i}`))
    await scene.send(
      a,
      a.write(room, () => bodyOf(a).insert(0, many)),
    )
    await scene.clock.advance(2000)
    expect(a.resets).toEqual([{ room, reason: 'rejoin' }])
    expect(await scene.headSeq()).toBe(0)
    expect(scene.events.map(({ type }) => type)).toContain('fold-failed')
  })

  test('[CHECK3] a document of a newer schema is never judged', async () => {
    await scene.store.create(newDocument('newer'))
    const a = new Probe('a')
    const { room } = await scene.join(a, { documentId: 'newer' })
    await scene.send(
      a,
      a.write(room, () => bodyOf(a).insert(0, [new Y.XmlElement('newKind')])),
    )
    // A server of a newer version wrote a row meanwhile; this is the older one again.
    const stored = await scene.store.load('newer')
    if (!stored) throw new Error('not stored')
    await scene.rooms.close()
    scene.store.load = async () => ({ ...stored, schemaVersion: 2 })
    scene.restart()
    await scene.join(new Probe('b'), { documentId: 'newer' })
    await scene.clock.advance(1000)
    expect(scene.frames).toHaveLength(1)
    expect(scene.events.filter(({ type }) => type === 'schema-broken')).toEqual([])
  })
})
