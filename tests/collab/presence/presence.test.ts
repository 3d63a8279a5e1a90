/* Over 350 lines: one room of recorders at the top serves the tests of all rules of presence. */

import { beforeEach, describe, expect, test } from 'vitest'
import { Presence } from '#lib/collab/presence/presence.ts'
import type { PresenceIdentity } from '#lib/protocol/identity.ts'
import { HUE_ORDER, type Role } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { decodePresenceDiff, type PresenceDiffBody } from '#lib/protocol/messages/presence.ts'

const ROOM = 3
const PING_MS = 10_000

/** A room whose wire is a list per recipient, and whose clock moves only when told to. */
class Scene {
  readonly presence: Presence
  readonly inbox = new Map<string, PresenceDiffBody[]>()
  readonly busy = new Set<string>()
  now = 1000
  bodies = 0

  constructor(hidesReaders = false) {
    this.presence = new Presence({ room: ROOM, pingIntervalMs: PING_MS, hidesReaders })
  }

  come(
    user: string,
    options: { tab?: string; connection?: number; via?: string; hue?: number | null; role?: Role } = {},
  ) {
    const { tab = user, connection = 1, via = `${tab}/${connection}`, hue = null, role = 'editor' } = options
    const entered = this.presence.enter({
      key: tab,
      connection,
      recipient: via,
      identity: person(user, hue),
      role,
      now: this.now,
    })
    return entered && { ...entered, via }
  }

  /** Enters, and throws if refused. */
  enter(...from: Parameters<Scene['come']>) {
    const entered = this.come(...from)
    if (!entered) throw new Error('was not let in')
    return entered
  }

  say(who: { member: number; via: string }, caret: readonly number[], idle = false): boolean {
    return this.presence.set(
      who.member,
      who.via,
      { room: ROOM, idle, caret: Uint8Array.from(caret) },
      this.now,
    )
  }

  /** Runs one tick. Returns the diff that each recipient was sent. */
  tick(): Record<string, PresenceDiffBody> {
    const sent: Record<string, PresenceDiffBody> = {}
    for (const { recipients, body } of this.presence.diffs(this.now, (name) => this.busy.has(name))) {
      this.bodies++
      for (const name of recipients) sent[name] = decodePresenceDiff(body)
    }
    return sent
  }
}

function person(userId: string, hue: number | null = null): PresenceIdentity {
  return { userId, name: '', guestName: 5, hue }
}

let scene: Scene
beforeEach(() => {
  scene = new Scene()
})

describe('joining and leaving', () => {
  test('[PRES2] a newcomer is sent the whole roster, themselves included; the others only the newcomer', () => {
    const mei = scene.enter('mei')
    expect(scene.tick()[mei.via]).toMatchObject({
      room: ROOM,
      full: true,
      upserts: [{ member: mei.member, state: 'active' }],
    })
    const jun = scene.enter('jun')
    const sent = scene.tick()
    expect(sent[jun.via]?.upserts.map(({ member }) => member)).toEqual([mei.member, jun.member])
    expect(sent[mei.via]).toEqual({
      room: ROOM,
      full: false,
      removes: [],
      upserts: [
        {
          member: jun.member,
          identity: { ...jun.identity, role: 'editor' },
          state: 'active',
          caret: new Uint8Array(0),
        },
      ],
    })
  })

  test('[PRES2] a member who leaves is removed once, and a number is never reused', () => {
    const mei = scene.enter('mei')
    const jun = scene.enter('jun')
    scene.tick()
    scene.presence.leave(jun.member, jun.via)
    expect(scene.tick()).toEqual({
      [mei.via]: { room: ROOM, full: false, removes: [jun.member], upserts: [] },
    })
    expect(scene.tick()).toEqual({})
    expect(scene.enter('jun', { connection: 2 }).member).toBe(jun.member + 1)
    expect(scene.presence.size).toBe(2)
  })

  test('[PRES6] a newer connection takes over the tab under the same number; the late close of the old one changes nothing', () => {
    const mei = scene.enter('mei')
    const jun = scene.enter('jun')
    scene.tick()
    const again = scene.enter('jun', { connection: 2 })
    expect(again.member).toBe(jun.member)
    scene.presence.leave(jun.member, jun.via)
    scene.presence.heard(jun.member, jun.via, scene.now)
    expect(scene.presence.size).toBe(2)
    const sent = scene.tick()
    expect(sent[again.via]).toMatchObject({ full: true })
    expect(sent[mei.via]).toBeUndefined()
    scene.say(mei, [1])
    expect(Object.keys(scene.tick())).toEqual([again.via])
  })

  test('[PRES6] an older connection of a tab is refused, and so is an equal one that is not the same', () => {
    scene.enter('jun', { connection: 2 })
    expect(scene.come('jun', { connection: 1 })).toBeNull()
    expect(scene.come('jun', { connection: 2, via: 'forged' })).toBeNull()
  })

  test('[PRES6] joining again over the same connection sends the whole roster again, to that connection only', () => {
    const mei = scene.enter('mei')
    const jun = scene.enter('jun')
    scene.tick()
    expect(scene.enter('jun').member).toBe(jun.member)
    const sent = scene.tick()
    expect(sent[jun.via]).toMatchObject({ full: true })
    expect(sent[mei.via]).toBeUndefined()
  })
})

describe('hues', () => {
  test('[PRES5] users get the first unused hue in order, then the least used', () => {
    const hues = Array.from({ length: 14 }, (_, i) => scene.enter(`user${i}`).identity.hue)
    expect(hues).toEqual([...HUE_ORDER, HUE_ORDER[0], HUE_ORDER[1]])
  })

  test('[PRES5] a chosen hue is kept, and not assigned to users who chose none', () => {
    expect(scene.enter('mei', { hue: HUE_ORDER[0] }).identity.hue).toBe(HUE_ORDER[0])
    expect(scene.enter('jun').identity.hue).toBe(HUE_ORDER[1])
    expect(scene.enter('lin', { hue: HUE_ORDER[0] }).identity.hue).toBe(HUE_ORDER[0])
  })

  test('[PRES5] the tabs of one user share hue and name, and a user who returns gets their hue back', () => {
    scene.enter('mei')
    const first = scene.enter('jun', { tab: 'jun-a' })
    const second = scene.enter('jun', { tab: 'jun-b' })
    expect(second.identity).toEqual(first.identity)
    expect(second.member).not.toBe(first.member)
    scene.presence.leave(first.member, first.via)
    scene.presence.leave(second.member, second.via)
    scene.enter('lin', { hue: HUE_ORDER[2] })
    expect(scene.enter('jun', { tab: 'jun-c' }).identity.hue).toBe(first.identity.hue)
  })

  test('[PRES5] a second tab changes no hue, even if another user chose the same one meanwhile', () => {
    const first = scene.enter('jun', { tab: 'jun-a' })
    scene.enter('lin', { hue: first.identity.hue })
    expect(scene.enter('jun', { tab: 'jun-b' }).identity.hue).toBe(first.identity.hue)
  })

  test('[PRES5] a user who joins with a new name or hue has it in every tab', () => {
    const first = scene.enter('jun', { tab: 'jun-a' })
    scene.tick()
    scene.enter('jun', { tab: 'jun-b', hue: 4 })
    expect(scene.tick()[first.via]?.upserts[0]).toMatchObject({ member: first.member, identity: { hue: 4 } })
  })

  test('[PRES5] a hue taken meanwhile is not assigned twice', () => {
    const jun = scene.enter('jun')
    scene.presence.leave(jun.member, jun.via)
    const lin = scene.enter('lin')
    expect(lin.identity.hue).toBe(jun.identity.hue)
    expect(scene.enter('jun', { connection: 2 }).identity.hue).toBe(HUE_ORDER[1])
  })

  test('[PRES5] a rename reaches every tab of that user and nothing else', () => {
    const mei = scene.enter('mei')
    const first = scene.enter('jun', { tab: 'jun-a' })
    const second = scene.enter('jun', { tab: 'jun-b' })
    scene.tick()
    scene.presence.rename({ userId: 'jun', name: '小君', guestName: 5, hue: 7 })
    const identity = { userId: 'jun', name: '小君', guestName: 5, hue: 7, role: 'editor' }
    expect(scene.tick()[mei.via]?.upserts).toEqual([
      { member: first.member, identity },
      { member: second.member, identity },
    ])
    scene.presence.rename({ userId: 'jun', name: '小君', guestName: 5, hue: 7 })
    expect(scene.tick()).toEqual({})
  })
})

describe('carets', () => {
  test('[PRES3] a caret is sent to the others once, and again only when it has changed', () => {
    const mei = scene.enter('mei')
    const jun = scene.enter('jun')
    scene.tick()
    scene.say(jun, [1, 2, 3])
    expect(scene.tick()).toEqual({
      [mei.via]: {
        room: ROOM,
        full: false,
        removes: [],
        upserts: [{ member: jun.member, caret: Uint8Array.of(1, 2, 3) }],
      },
    })
    scene.say(jun, [1, 2, 3])
    expect(scene.tick()).toEqual({})
    scene.say(jun, [])
    expect(scene.tick()[mei.via]?.upserts).toEqual([{ member: jun.member, caret: new Uint8Array(0) }])
    const caret = Uint8Array.of(7)
    scene.presence.set(jun.member, jun.via, { room: ROOM, idle: false, caret }, scene.now)
    caret[0] = 8
    expect(scene.tick()[mei.via]?.upserts[0]?.caret).toEqual(Uint8Array.of(7))
  })

  test('[PRES3] no member is sent only their own caret, and recipients that lack the same share a body', () => {
    const [mei, jun, lin] = [scene.enter('mei'), scene.enter('jun'), scene.enter('lin')]
    scene.tick()
    scene.bodies = 0
    scene.say(jun, [1])
    expect(Object.keys(scene.tick())).toEqual([mei.via, lin.via])
    expect(scene.bodies).toBe(1)
    scene.say(jun, [2])
    scene.say(mei, [3])
    expect(Object.keys(scene.tick())).toEqual([mei.via, jun.via, lin.via])
    expect(scene.bodies).toBe(2)
  })

  test('[PRES3] a caret that is too large is refused and changes nothing', () => {
    const mei = scene.enter('mei')
    const jun = scene.enter('jun')
    scene.tick()
    expect(scene.say(jun, new Array<number>(LIMITS.caretBytes).fill(1))).toBe(true)
    expect(scene.say(jun, new Array<number>(LIMITS.caretBytes + 1).fill(2))).toBe(false)
    expect(scene.tick()[mei.via]?.upserts[0]?.caret).toHaveLength(LIMITS.caretBytes)
  })

  test('[PRES3] a member cannot set another’s presence, nor use a connection that lost the tab', () => {
    const mei = scene.enter('mei')
    const jun = scene.enter('jun')
    scene.tick()
    scene.say({ member: mei.member, via: jun.via }, [9])
    scene.presence.leave(mei.member, jun.via)
    expect(scene.tick()).toEqual({})
    expect(scene.presence.size).toBe(2)
  })

  test('[PRES7] a busy recipient is skipped and later gets everything in one diff', () => {
    const mei = scene.enter('mei')
    const jun = scene.enter('jun')
    const lin = scene.enter('lin')
    scene.tick()
    scene.busy.add(mei.via)
    for (const caret of [1, 2, 3]) {
      scene.say(jun, [caret])
      expect(Object.keys(scene.tick())).toEqual([lin.via])
    }
    scene.presence.leave(lin.member, lin.via)
    expect(scene.tick()[mei.via]).toBeUndefined()
    expect(scene.presence.nextTickIn(scene.now)).toBe(50)
    scene.busy.clear()
    expect(scene.tick()[mei.via]).toEqual({
      room: ROOM,
      full: false,
      removes: [lin.member],
      upserts: [{ member: jun.member, caret: Uint8Array.of(3) }],
    })
    expect(scene.tick()).toEqual({})
  })
})

describe('liveness', () => {
  test('[PRES4] the client says idle, the server says unsteady: silent for 1.5 heartbeats', () => {
    const mei = scene.enter('mei')
    const jun = scene.enter('jun')
    scene.tick()
    scene.say(jun, [], true)
    expect(scene.tick()[mei.via]?.upserts).toEqual([{ member: jun.member, state: 'idle' }])
    scene.now += PING_MS * 1.5 - 1
    scene.presence.heard(mei.member, mei.via, scene.now)
    expect(scene.tick()).toEqual({})
    expect(scene.presence.nextTickIn(scene.now)).toBe(1)
    scene.now += 1
    expect(scene.tick()[mei.via]?.upserts).toEqual([{ member: jun.member, state: 'unsteady' }])
    scene.presence.heard(jun.member, jun.via, scene.now)
    expect(scene.tick()[mei.via]?.upserts).toEqual([{ member: jun.member, state: 'idle' }])
  })

  test('[PRES4] a quiet room asks for no tick but the one that may find a member unsteady', () => {
    expect(scene.presence.nextTickIn(scene.now)).toBeNull()
    const mei = scene.enter('mei')
    expect(scene.presence.nextTickIn(scene.now)).toBe(0)
    scene.tick()
    expect(scene.presence.nextTickIn(scene.now)).toBe(PING_MS * 1.5)
    scene.now += PING_MS * 1.5
    expect(scene.presence.nextTickIn(scene.now)).toBe(0)
    scene.tick()
    expect(scene.presence.nextTickIn(scene.now)).toBeNull()
    scene.presence.leave(mei.member, mei.via)
    scene.tick()
    expect(scene.presence.nextTickIn(scene.now)).toBeNull()
  })

  test('[PRES7] the tick stretches with the room, and never beyond half a second', () => {
    const tickOf = (people: number): number | null => {
      scene = new Scene()
      for (let i = 0; i < people; i++) scene.enter(`user${i}`)
      scene.tick()
      scene.enter('late')
      return scene.presence.nextTickIn(scene.now)
    }
    expect(tickOf(2)).toBe(50)
    expect(tickOf(9)).toBe(50)
    expect(tickOf(254)).toBeCloseTo(275, 0)
    expect(tickOf(499)).toBe(500)
    expect(tickOf(900)).toBe(500)
  })
})

describe('roles', () => {
  test('[PRES8] viewers see and are seen, and everyone is told of a changed role', () => {
    const [mei, jun] = [scene.enter('mei'), scene.enter('jun', { role: 'viewer' })]
    expect(scene.tick()[mei.via]?.upserts).toHaveLength(2)
    scene.presence.changeRole(jun.member, jun.via, 'commenter')
    const sent = scene.tick()
    for (const { via } of [mei, jun]) {
      expect(sent[via]?.upserts).toMatchObject([{ member: jun.member, identity: { role: 'commenter' } }])
    }
  })

  test('[PRES8] hidden viewers see the others and are not seen; their presence is sent to no one', () => {
    scene = new Scene(true)
    const [mei, jun] = [scene.enter('mei'), scene.enter('jun', { role: 'viewer' })]
    const sent = scene.tick()
    for (const { via } of [mei, jun]) expect(sent[via]?.upserts).toMatchObject([{ member: mei.member }])
    scene.say(jun, [1, 2, 3])
    expect(scene.tick()).toEqual({})
  })

  test('[PRES8] a hidden viewer who gets a higher role appears completely; a member who becomes a viewer disappears', () => {
    scene = new Scene(true)
    const [mei, jun] = [scene.enter('mei'), scene.enter('jun', { role: 'viewer' })]
    scene.say(jun, [7], true)
    scene.tick()
    scene.presence.changeRole(jun.member, jun.via, 'editor')
    expect(scene.tick()[mei.via]?.upserts).toMatchObject([
      {
        member: jun.member,
        identity: { role: 'editor' },
        state: 'idle',
        caret: Uint8Array.from([7]),
      },
    ])
    scene.presence.changeRole(jun.member, jun.via, 'viewer')
    expect(scene.tick()[mei.via]).toMatchObject({ removes: [jun.member], upserts: [] })
  })
})
