import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Presence } from '#lib/collab/presence/presence.ts'
import { ROLES } from '#lib/protocol/identity.ts'
import { decodePresenceDiff, type PresenceUpsert } from '#lib/protocol/messages/presence.ts'

/*
 * After any sequence of events, every recipient that was not skipped has the true roster. The truth is tracked beside
 * the
 * room in the simplest way; a recipient has the sum of its diffs.
 */

const PING_MS = 1000
const ROOM = 1

type Roster = Map<number, Required<PresenceUpsert>>

interface Tab {
  readonly key: string
  readonly user: string
  connection: number
  recipient: string
  member: number
  idle: boolean
  caret: Uint8Array
  heardAt: number
}

const actionArb = fc.record({
  what: fc.constantFrom(
    'enter',
    'enter',
    'leave',
    'late leave',
    'set',
    'set',
    'set',
    'heard',
    'rename',
    'wait',
    'tick',
    'tick',
  ),
  tab: fc.nat(6),
  number: fc.nat(255),
})
type Action = typeof actionArb extends fc.Arbitrary<infer T> ? T : never

class World {
  readonly presence = new Presence({ room: ROOM, pingIntervalMs: PING_MS })
  readonly here = new Map<string, Tab>()
  readonly names = new Map<string, string>()
  readonly rosters = new Map<string, Roster>()
  readonly past: { member: number; recipient: string }[] = []
  connections = 0
  now = 0

  play({ what, tab: index, number }: Action): void {
    const key = `tab${index}`
    const tab = this.here.get(key)
    this.now += number % 7
    switch (what) {
      case 'enter':
        this.#enter(key, `user${index % 3}`)
        break
      case 'leave':
        if (tab) this.#leave(tab)
        break
      case 'late leave': {
        const old = this.past[number % Math.max(1, this.past.length)]
        if (old) this.presence.leave(old.member, old.recipient)
        break
      }
      case 'set':
        if (!tab) break
        Object.assign(tab, { idle: number % 5 === 0, caret: Uint8Array.of(number), heardAt: this.now })
        this.presence.set(
          tab.member,
          tab.recipient,
          { room: ROOM, idle: tab.idle, caret: tab.caret },
          this.now,
        )
        break
      case 'heard':
        if (tab) tab.heardAt = this.now
        if (tab) this.presence.heard(tab.member, tab.recipient, this.now)
        break
      case 'rename':
        this.names.set(`user${index % 3}`, `name${number}`)
        this.presence.rename(this.#identity(`user${index % 3}`))
        break
      case 'wait':
        this.now += number * 10
        break
      case 'tick':
        this.tick((recipient) => (recipient.length + number) % 3 === 0)
    }
  }

  tick(busy: (recipient: string) => boolean): void {
    for (const { recipients, body } of this.presence.diffs(this.now, busy)) {
      const { full, upserts, removes } = decodePresenceDiff(body)
      for (const recipient of recipients) {
        const roster: Roster = full ? new Map() : (this.rosters.get(recipient) ?? new Map())
        for (const member of removes) roster.delete(member)
        for (const upsert of upserts) {
          roster.set(upsert.member, { ...roster.get(upsert.member), ...upsert } as Required<PresenceUpsert>)
        }
        this.rosters.set(recipient, roster)
      }
    }
  }

  #enter(key: string, user: string): void {
    const before = this.here.get(key)
    const connection = ++this.connections
    const recipient = `${key}/${connection}`
    const entered = this.presence.enter({
      key,
      connection,
      recipient,
      identity: this.#identity(user),
      role: ROLES[key.length % ROLES.length] ?? 'editor',
      now: this.now,
    })
    if (!entered) throw new Error('a newer connection was refused')
    if (before) this.past.push({ member: before.member, recipient: before.recipient })
    const { member } = entered
    const kept = before ?? { idle: false, caret: new Uint8Array(0) }
    this.here.set(key, {
      key,
      user,
      connection,
      recipient,
      member,
      idle: kept.idle,
      caret: kept.caret,
      heardAt: this.now,
    })
  }

  #leave(tab: Tab): void {
    this.presence.leave(tab.member, tab.recipient)
    this.past.push(tab)
    this.here.delete(tab.key)
  }

  #identity(userId: string) {
    return { userId, name: this.names.get(userId) ?? '', guestName: 1, hue: userId === 'user0' ? 4 : null }
  }

  check(): void {
    this.tick(() => false)
    expect(this.presence.diffs(this.now, () => false)).toEqual([])
    const truth = [...this.here.values()].toSorted((a, b) => a.member - b.member)
    for (const reader of truth) {
      const roster = [...(this.rosters.get(reader.recipient)?.values() ?? [])].toSorted(
        (a, b) => a.member - b.member,
      )
      expect(roster.map(({ member }) => member)).toEqual(truth.map(({ member }) => member))
      for (const [i, seen] of roster.entries()) {
        const tab = truth[i]
        if (!tab) continue
        expect(seen.identity).toMatchObject({ userId: tab.user, name: this.names.get(tab.user) ?? '' })
        if (tab.user === 'user0') expect(seen.identity.hue).toBe(4)
        // A client's own caret and idleness are not sent back to it.
        if (tab === reader) continue
        const unsteady = this.now - tab.heardAt >= PING_MS * 1.5
        expect(seen.state).toBe(unsteady ? 'unsteady' : tab.idle ? 'idle' : 'active')
        expect(seen.caret).toEqual(tab.caret)
      }
      const hues = new Map(roster.map(({ identity }) => [identity.userId, identity.hue]))
      for (const { identity } of roster) expect(identity.hue).toBe(hues.get(identity.userId))
      expect(new Set(hues.values()).size).toBe(hues.size)
    }
    expect(this.presence.size).toBe(truth.length)
  }
}

test('[PRES1] after any history, including busy recipients and late closes, every recipient knows the truth', () => {
  fc.assert(
    fc.property(fc.array(actionArb, { maxLength: 80 }), (actions) => {
      const world = new World()
      for (const action of actions) world.play(action)
      world.check()
    }),
    { numRuns: 500 },
  )
})
