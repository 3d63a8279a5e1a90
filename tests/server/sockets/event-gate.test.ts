import { describe, expect, test } from 'vitest'
import { createLog } from '#lib/process/log.ts'
import type { Role } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import { UP } from '#lib/protocol/messages/up.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import { EventGate, type GateOwner, type RefusedMessage } from '#lib/server/sockets/event-gate.ts'

const batch = { room: 1, clientId: 7, n: 1, part: 0, parts: 1, restore: false, payload: new Uint8Array(3) }

/** A connection that records the calls of the gate. */
class Owner {
  readonly did: string[] = []
  readonly refusals: RefusedMessage[] = []
  role: Role | null = 'owner'
  wait = 0

  roleIn(): Role | null {
    return this.role
  }
  take(rate: string, bytes: number): number {
    this.did.push(`take ${rate} ${bytes}`)
    return this.wait
  }
  refused(...message: RefusedMessage): void {
    this.refusals.push(message)
  }
  warn(): void {
    this.did.push('warn')
  }
  shutOut(): void {
    this.did.push('shut out')
  }
}

function setUp() {
  const owner = new Owner()
  const handlers = UP.map(({ message: { name } }) => [
    name,
    () => {
      owner.did.push(name)
      return null
    },
  ])
  const failing = { 'document:compare': () => Promise.reject(new Error('a bug')) }
  const gateOwner = Object.assign(owner, Object.fromEntries(handlers), failing) as GateOwner
  const gate = new EventGate(gateOwner, createLog('info', { write: () => undefined }))
  const answers: unknown[] = []
  const send = (event: string, ...args: unknown[]) =>
    gate.receive(event, [...args, (answer: unknown) => answers.push(answer)])
  return { owner, answers, send }
}

describe('the gate of events', () => {
  test('[ACC8] passes an accepted message to its handler, counted once with its bytes', () => {
    const { owner, send } = setUp()
    const bytes = encodeBatch(batch)
    expect(send('document:update', bytes)).toBeUndefined()
    expect(owner.did).toEqual([`take updates ${bytes.length}`, 'document:update'])
  })

  test.each(['shutOut', 'warn', 'refused', 'constructor', '__proto__', 'toString', 'document:chunk'])(
    '[ERR2] %s is no event, whatever the connection has of that name',
    (event) => {
      const { owner, answers, send } = setUp()
      void send(event, { room: 1 })
      expect(answers).toMatchObject([{ ok: false, code: 'unknown-event' }])
      expect(owner.did).toEqual([])
    },
  )

  test.each(UP.filter((rule) => 'json' in rule).map((rule) => [rule.message.name, rule.json]))(
    'tells the fields of %s to a client that sends others',
    (name, json) => {
      const { answers, send } = setUp()
      void send(name, { nonsense: true })
      void send(name)
      void send(name, {}, {})
      const message = `this event is ${name} {${Object.keys(json.entries).join(', ')}}`
      for (const answer of answers) expect(answer).toEqual({ ok: false, code: 'bad-message', message })
      expect(answers).toHaveLength(3)
    },
  )

  test('tells a client that bytes were expected', () => {
    const { answers, send } = setUp()
    void send('presence:set', { room: 1 })
    expect(answers).toMatchObject([{ message: 'this event is presence:set <bytes>' }])
  })

  test.each([
    [null, 'not-joined'],
    ['viewer', 'read-only'],
    ['commenter', 'read-only'],
  ] as const)('[ACC8] refuses an edit by a connection whose role is %s', (role, code) => {
    const { owner, answers, send } = setUp()
    owner.role = role
    void send('document:update', encodeBatch(batch))
    expect(answers).toMatchObject([{ ok: false, code }])
    expect(owner.refusals).toMatchObject([['document:update', batch, { code }]])
    expect(owner.did).not.toContain('document:update')
  })

  test('a message over its rate is refused before its role is looked at', () => {
    const { owner, answers, send } = setUp()
    owner.role = null
    owner.wait = 300
    void send('presence:set', encodePresenceSet({ room: 1, idle: false, caret: new Uint8Array() }))
    expect(answers).toMatchObject([{ code: 'rate-limited', retryAfterMs: 300 }])
  })

  test('[ERR2] an error that a handler throws later is answered as internal', async () => {
    const { answers, send } = setUp()
    await send('document:compare', { room: 1, seq: 1, digest: '0'.repeat(32) })
    expect(answers).toMatchObject([{ ok: false, code: 'internal' }])
  })

  test('ten invalid messages in a row close the connection, with a warning before the last', () => {
    const { owner, send } = setUp()
    for (let i = 0; i < LIMITS.refusalsInARow - 1; i++) void send('nonsense')
    expect(owner.did).toEqual(['warn'])
    void send('document:pull', { room: 1, seq: 0 })
    for (let i = 0; i < LIMITS.refusalsInARow - 1; i++) void send('nonsense')
    expect(owner.did).not.toContain('shut out')
    void send('nonsense')
    expect(owner.did).toContain('shut out')
  })
})
