import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { contentBytes } from '#lib/document/content-bytes.ts'
import { contentDigest } from '#lib/document/content-digest.ts'
import { ERROR_BANDS } from '#lib/protocol/errors.ts'
import * as events from '#lib/protocol/events.ts'
import { GUEST_NAME_COUNT, HUE_COUNT, PRESENCE_STATES, ROLES } from '#lib/protocol/identity.ts'
import { LIMITS } from '#lib/protocol/limits.ts'
import { Encoder } from '#lib/protocol/packet-parser.ts'
import { NAMESPACE, PROTOCOL_VERSION, ROOTS } from '#lib/protocol/version.ts'
import * as wire from '#lib/protocol/wire.ts'

/*
 * Everything that two sides of different age could disagree about, as one hash. When it changes, old clients and new
 * servers no longer speak the same: raise PROTOCOL_VERSION, add a line to its history, and put the new hash here.
 */

/** Version → hash of the wire. Old lines stay. */
const FINGERPRINTS: Readonly<Record<number, string>> = {
  1: 'eea855c4410106bf',
  2: 'e380a218d19470a4',
  3: '66e000d829eb3147',
  4: 'f4871a89b8b0a9dd',
  5: 'cbf1c17b637172bc',
  6: '002cc12d9a181dfe',
}

/** What of a valibot schema decides which values pass, as plain data. */
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

/** One sample of every body, with a large number and an empty field in each. */
function samples(): Record<string, string> {
  const chain = bytes(wire.CHAIN_BYTES)
  const updates = wire.encodeUpdates([bytes(3), bytes(0), bytes(200)])
  const entries = wire.encodeEntries([
    { kind: wire.ENTRY_BODY_UPDATE, clientId: 0xffff_ffff, n: 1, user: 'usér', updates: [bytes(3)] },
    { kind: 300, clientId: 0, n: 2 ** 40, user: '', updates: [] },
  ])
  const rows = [
    { seq: 1, chain, entries },
    { seq: 2 ** 33, chain: wire.EMPTY_CHAIN, entries: bytes(0) },
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
    history: wire.encodeHistory({ snapshot: { seq: 5, chain, state: bytes(9) }, rows }).whole(),
    historyOfRows: wire.encodeHistory({ snapshot: null, rows: [] }).whole(),
    batch: wire.encodeBatch(batch),
    row: wire.encodeRow({ room: 300, seq: 2 ** 33, chain, entries }),
    presenceSet: wire.encodePresenceSet({ room: 1, idle: true, caret: bytes(5) }),
    presenceDiff: wire.encodePresenceDiff({
      room: 1,
      full: true,
      removes: [7, 300],
      upserts: [
        ...ROLES.map((role, member) => ({ member, identity: { ...identity, role } })),
        ...PRESENCE_STATES.map((state, member) => ({ member, state, caret: bytes(member) })),
      ],
    }),
    noChain: wire.NO_CHAIN,
    content: contentOf(sampleDocument()),
  }
  return Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, hex(body)]))
}

/** A document of every kind of thing that tells one content from another. */
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
    ...[...events.UP_EVENTS, ...events.DOWN_EVENTS].flatMap((event) => [
      { type: 2, nsp: NAMESPACE, data: [event, bytes(2)] },
      { type: 2, nsp: NAMESPACE, data: [event, { room: 1 }, bytes(2)], id: 0 },
    ]),
  ]
  return packets.map((packet) => hex(encoder.encode(packet)[0]))
}

test('[HS2] the wire is the one of its version', () => {
  const schemas = Object.entries(events).filter(([name]) => name.endsWith('Schema'))
  expect(schemas.length).toBeGreaterThan(10)
  const everything = {
    namespace: NAMESPACE,
    roots: ROOTS,
    up: events.UP_EVENTS,
    down: events.DOWN_EVENTS,
    modes: events.HISTORY_MODES,
    resets: events.RESET_REASONS,
    roles: ROLES,
    states: PRESENCE_STATES,
    schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, shapeOf(schema)])),
    errors: ERROR_BANDS,
    limits: LIMITS,
    samples: samples(),
    frames: frames(),
  }
  const fingerprint = createHash('sha256').update(JSON.stringify(everything)).digest('hex').slice(0, 16)
  expect(
    FINGERPRINTS[PROTOCOL_VERSION],
    `The wire has changed: its fingerprint is ${fingerprint}. Raise PROTOCOL_VERSION in lib/protocol/version.ts, add a line to its history and docs/protocol.md, and add the new version with this fingerprint here.`,
  ).toBe(fingerprint)
})
