import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { contentBytes } from '#lib/document/content-bytes.ts'
import { contentDigest } from '#lib/document/content-digest.ts'
import { ERROR_BANDS } from '#lib/protocol/errors.ts'
import { GUEST_NAME_COUNT, HUE_COUNT, PRESENCE_STATES, ROLES } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import {
  CHAIN_BYTES,
  EMPTY_CHAIN,
  ENTRY_BODY_UPDATE,
  encodeEntries,
  encodeUpdates,
  NO_CHAIN,
} from '#lib/protocol/log-row.ts'
import { DOWN } from '#lib/protocol/messages/down.ts'
import { encodeHistory } from '#lib/protocol/messages/history.ts'
import type { DownMessage, UpRule } from '#lib/protocol/messages/message.ts'
import { encodePresenceDiff, encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import {
  handshakeSchema,
  profileSchema,
  sessionRequestSchema,
  sessionSchema,
} from '#lib/protocol/messages/session.ts'
import { UP } from '#lib/protocol/messages/up.ts'
import { encodeBatch, encodeRow } from '#lib/protocol/messages/update.ts'
import { Encoder } from '#lib/protocol/packet-parser.ts'
import { NAMESPACE, PROTOCOL_VERSION, ROOTS } from '#lib/protocol/version.ts'

/*
 * Everything that two sides of different versions could disagree about, compared with the file kept for this version
 * of the wire, wire-N.snap. If it changes, old clients and new servers no longer understand each other.
 */

/** Returns the parts of a valibot schema that decide which values pass, as plain data. */
function shapeOf(part: unknown): unknown {
  if (part instanceof RegExp) return String(part)
  if (typeof part === 'function') return 'function'
  if (Array.isArray(part)) return part.map(shapeOf)
  if (typeof part !== 'object' || part === null) return part
  const told = [
    'kind',
    'type',
    'requirement',
    'literal',
    'options',
    'key',
    'entries',
    'item',
    'wrapped',
    'pipe',
  ]
  const isSchema = 'kind' in part && 'type' in part
  return Object.fromEntries(
    Object.entries(part)
      .filter(([name]) => !isSchema || told.includes(name))
      .map(([name, value]) => [name, shapeOf(value)]),
  )
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 37) % 256)
const hex = (body: string | Uint8Array): string =>
  typeof body === 'string' ? body : Buffer.from(body).toString('hex')

/** Returns one sample of every body, with a large number and an empty field in each. */
function samples(): Record<string, string> {
  const chain = bytes(CHAIN_BYTES)
  const updates = encodeUpdates([bytes(3), bytes(0), bytes(200)])
  const entries = encodeEntries([
    { kind: ENTRY_BODY_UPDATE, clientId: 0xffff_ffff, n: 1, user: 'usér', updates: [bytes(3)] },
    { kind: 300, clientId: 0, n: 2 ** 40, user: '', updates: [] },
  ])
  const rows = [
    { seq: 1, chain, entries },
    { seq: 2 ** 33, chain: EMPTY_CHAIN, entries: bytes(0) },
  ]
  const identity = { userId: 'u1', name: '石虎', guestName: GUEST_NAME_COUNT - 1, hue: HUE_COUNT - 1 }
  const batch = {
    room: 9,
    clientId: 0xffff_ffff,
    n: 129,
    part: 1,
    parts: 3,
    restore: true,
    payload: bytes(4),
  }
  const bodies = {
    updates,
    entries,
    history: encodeHistory({ snapshot: { seq: 5, chain, state: bytes(9) }, rows }).whole(),
    historyOfRows: encodeHistory({ snapshot: null, rows: [] }).whole(),
    batch: encodeBatch(batch),
    row: encodeRow({ room: 300, seq: 2 ** 33, chain, entries }),
    presenceSet: encodePresenceSet({ room: 1, idle: true, caret: bytes(5) }),
    presenceDiff: encodePresenceDiff({
      room: 1,
      full: true,
      removes: [7, 300],
      upserts: [
        ...ROLES.map((role, member) => ({ member, identity: { ...identity, role } })),
        ...PRESENCE_STATES.map((state, member) => ({ member, state, caret: bytes(member) })),
      ],
    }),
    noChain: NO_CHAIN,
    content: contentOf(sampleDocument()),
  }
  return Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, hex(body)]))
}

/** Returns a document with every feature that distinguishes contents. */
function sampleDocument(): Y.Doc {
  const doc = new Y.Doc()
  doc.getText(ROOTS.title).insert(0, 'título')
  const heading = new Y.XmlElement('heading')
  const text = new Y.XmlText()
  text.insert(0, 'plain')
  text.insert(5, '粗體', { bold: {}, link: { href: 'https://example.org' } })
  text.insertEmbed(7, { kind: 'image' })
  heading.insert(0, [text, new Y.XmlElement('hardBreak')])
  doc.getXmlFragment(ROOTS.body).insert(0, [heading])
  heading.setAttribute('level', 2 as never)
  return doc
}

function contentOf(doc: Y.Doc): Uint8Array {
  const walk = contentBytes(doc)
  let step = walk.next()
  while (!step.done) step = walk.next()
  return Buffer.concat([step.value, Buffer.from(contentDigest(step.value))])
}

function frames(): string[] {
  const encoder = new Encoder()
  const packets = [
    { type: 0, nsp: NAMESPACE, data: { protocol: 1 } },
    { type: 1, nsp: NAMESPACE },
    { type: 2, nsp: NAMESPACE, data: ['document:join', { a: 1 }], id: 300 },
    { type: 3, nsp: NAMESPACE, data: [{ ok: true }, bytes(3)], id: 300 },
    { type: 4, nsp: NAMESPACE, data: { message: 'x', data: { code: 'draining' } } },
    ...[...UP.map(({ message }) => message), ...DOWN].flatMap(({ name: event }) => [
      { type: 2, nsp: NAMESPACE, data: [event, bytes(2)] },
      { type: 2, nsp: NAMESPACE, data: [event, { room: 1 }, bytes(2)], id: 0 },
    ]),
  ]
  return packets.map((packet) => hex(encoder.encode(packet)[0]))
}

/** Returns the wire as its declarations make it. */
function wire(): object {
  const up = UP.map((rule) => [
    rule.message.name,
    { args: argumentsOf(rule), answer: 'answer' in rule.message ? shapeOf(rule.message.answer) : null },
  ])
  const down = DOWN.map((message) => [message.name, { args: argumentsOf(message) }])
  return {
    namespace: NAMESPACE,
    roots: ROOTS,
    handshake: shapeOf(handshakeSchema),
    up: Object.fromEntries(up),
    down: Object.fromEntries(down),
    http: {
      profile: shapeOf(profileSchema),
      sessionRequest: shapeOf(sessionRequestSchema),
      session: shapeOf(sessionSchema),
    },
    roles: ROLES,
    states: PRESENCE_STATES,
    errors: ERROR_BANDS,
    limits: LIMITS,
    samples: samples(),
    frames: frames(),
  }
}

function argumentsOf(message: UpRule | DownMessage): unknown[] {
  const content = message.json ? shapeOf(message.json) : 'bytes'
  return 'attached' in message ? [content, 'bytes'] : [content]
}

test('[HS2] the wire is that of its version', async () => {
  await expect(
    `${JSON.stringify(wire(), null, 1)}\n`,
    'The wire has changed: raise PROTOCOL_VERSION in lib/protocol/version.ts, add a line to its history and docs/protocol.md, and run this test again: it writes the file of the new version. Old files stay as they are.',
  ).toMatchFileSnapshot(join(import.meta.dirname, `wire-${PROTOCOL_VERSION}.snap`))
})

test('[HS2] no two messages of one direction have one name', () => {
  expect(new Set(UP.map(({ message }) => message.name)).size).toBe(UP.length)
  expect(new Set(DOWN.map(({ name }) => name)).size).toBe(DOWN.length)
})
