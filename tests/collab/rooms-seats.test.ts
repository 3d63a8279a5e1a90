import { beforeEach, describe, expect, test } from 'vitest'
import type { Role } from '#lib/protocol/identity.ts'
import { DOCUMENT, Probe, RoomsScene } from './rooms-scene.ts'

let scene: RoomsScene

beforeEach(async () => {
  scene = await RoomsScene.open()
})

describe('leaving', () => {
  test('an empty room is closed after a while; joining in the meantime keeps it, and nothing is lost', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    await scene.send(a, a.edit(room, 'x'))
    a.leave()
    await scene.clock.advance(29_000)
    expect((await scene.join(a)).room).toBe(room)
    await scene.clock.advance(5000)
    scene.rooms.receive(a, a.edit(room, 'y'))
    a.leave()
    await scene.clock.advance(31_000)
    expect(scene.rooms.size).toBe(0)
    const b = await scene.join(new Probe('b'))
    expect(b.room).not.toBe(room)
    expect(await scene.headSeq()).toBe(2)
  })

  test('[JOIN9] a late close of an old connection does not affect the new one of the same user', async () => {
    const [old, fresh] = [new Probe('old', 'mei'), new Probe('fresh', 'mei')]
    const { room } = await scene.join(old)
    await scene.join(fresh)
    old.leave()
    await scene.send(fresh, fresh.edit(room, 'x'))
    expect(scene.frames).toHaveLength(1)
    expect(fresh.seats.has(room)).toBe(true)
  })

  test('[END1] a deleted document ends for everyone in it', async () => {
    const [a, b] = [new Probe('a'), new Probe('b')]
    const { room } = await scene.join(a)
    await scene.join(b)
    await scene.rooms.end(DOCUMENT, 'deleted')
    expect([a.resets, b.resets]).toEqual([[{ room, reason: 'deleted' }], [{ room, reason: 'deleted' }]])
    await scene.send(a, a.edit(room, 'x'))
    expect(a.codes).toEqual(['not-joined'])
    expect(scene.rooms.size).toBe(0)
  })

  test('[END3] closing commits the waiting entries and accepts no more', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    scene.rooms.receive(a, a.edit(room, 'x'))
    await scene.rooms.close()
    expect(await scene.headSeq()).toBe(1)
    await scene.send(a, a.edit(room, 'y'))
    expect(a.codes).toEqual(['draining'])
    expect(await scene.ask(new Probe('b'))).toMatchObject({ code: 'draining' })
  })
})

describe('roles that change', () => {
  const change = (probe: Probe, role: Role | null) => {
    for (const seat of probe.seats.values()) seat.changeRole(role, 'changed')
  }

  test('[LIVE1] [LIVE2] batches received before a role is lowered are committed, later ones are refused', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const release = scene.store.holdCommits()
    scene.rooms.receive(a, a.edit(room, 'before'))
    change(a, 'viewer')
    scene.rooms.receive(a, a.edit(room, 'after'))
    expect(a.roles).toEqual([{ room, role: 'viewer', reason: 'changed' }])
    expect(a.codes).toEqual(['read-only'])
    release()
    await scene.clock.advance(50)
    expect(scene.frames.map(({ seq }) => seq)).toEqual([1])
    expect(await scene.headSeq()).toBe(1)
  })

  test('[LIVE2] a batch half received when the role was lowered is dropped, even if the role comes back', async () => {
    const a = new Probe('a')
    const { room } = await scene.join(a)
    const whole = a.edit(room, 'in two parts')
    const half = Math.ceil(whole.payload.length / 2)
    const part = (n: number) => ({
      ...whole,
      part: n,
      parts: 2,
      payload: n === 0 ? whole.payload.slice(0, half) : whole.payload.slice(half),
    })
    scene.rooms.receive(a, part(0))
    change(a, 'commenter')
    change(a, 'editor')
    await scene.send(a, part(1))
    expect(a.codes).toEqual(['rewind'])
    expect(await scene.headSeq()).toBe(0)
    await scene.send(a, whole)
    expect(await scene.headSeq()).toBe(1)
  })

  test('[LIVE3] a member who loses access is notified, removed, and reads nothing more; others stay', async () => {
    const [a, b] = [new Probe('a'), new Probe('b')]
    const { room } = await scene.join(a)
    await scene.join(b)
    change(a, null)
    expect(a.resets).toEqual([{ room, reason: 'withdrawn' }])
    expect([a.seats.size, b.seats.size]).toEqual([0, 1])
    expect(await scene.rooms.pull(a, room, 0)).toMatchObject({ code: 'not-joined' })
    await scene.send(a, a.edit(room, 'x'))
    expect(a.codes).toEqual(['not-joined'])
    await scene.send(b, b.edit(room, 'y'))
    expect(b.codes).toEqual([])
    expect(a.left).toEqual([room])
  })

  test('[LIVE1] only members whose role changed are notified, and absent users cost nothing', async () => {
    const [a, b] = [new Probe('a'), new Probe('b')]
    await scene.join(a)
    await scene.join(b, { role: 'viewer' })
    change(b, 'editor')
    change(b, 'editor')
    expect([a.roles.length, b.roles.length]).toEqual([0, 1])
    expect([...(await scene.rooms.seatsOf('nowhere'))]).toEqual([])
    expect(scene.rooms.size).toBe(1)
  })

  test('[LIVE4] no member enters with a role that may have changed since it was judged', async () => {
    const a = new Probe('a')
    expect(await scene.ask(a, { isCurrent: () => false })).toMatchObject({ ok: false, code: 'internal' })
    expect([a.seats.size, [...(await scene.rooms.seatsOf(DOCUMENT))]]).toEqual([0, []])
  })
})
