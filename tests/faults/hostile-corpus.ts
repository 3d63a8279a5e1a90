/*
 * Inputs of hostile clients, by family.
 * Over 350 lines: a table; a new input is added beside its kind.
 */

import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import {
  CONTENT,
  deletesOf,
  forge,
  inRoot,
  inType,
  type Part,
  rightOf,
  section,
  update,
} from '../collab/gate/update-gate-forge.ts'
import { seededRandom } from '../support/random.ts'

/** The form in which a hostile input is sent. */
export type Sent =
  /** Yjs updates as one batch, under the client id of their structs if there is one. */
  | { readonly as: 'updates'; readonly updates: readonly Uint8Array[]; readonly clientId?: number }
  | { readonly as: 'event'; readonly event: string; readonly args: readonly unknown[] }
  /** One WebSocket text frame of an admitted connection. */
  | { readonly as: 'text'; readonly text: string }
  /** Bytes on the TCP connection after the upgrade. */
  | { readonly as: 'frame'; readonly bytes: Uint8Array }

export interface Hostile {
  readonly family: string
  readonly label: string
  /** Sent back to back. */
  readonly sent: readonly Sent[]
}

/** An honest user, with the data an attacker in the room has of them. */
export interface Victim {
  readonly room: number
  readonly clientId: number
  readonly clock: number
}

const GIANTS = [2 ** 24, 2 ** 25 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1]
const DEPTHS = [33, 100, 1000, 5000, 20_000, 200_000]
const any = (value: unknown): Uint8Array => encoding.encode((e) => encoding.writeAny(e, value as never))

/** Returns more than 500 hostile inputs of twelve families; the same for the same seed. */
export function hostileCorpus(seed: number, { room, clientId: victim, clock }: Victim): readonly Hostile[] {
  const random = seededRandom(seed)
  const below = (bound: number): number => Math.floor(random() * bound)
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256))
  const fresh = (): number => 0x1000_0000 + below(0x0fff_ffff)
  const all: Hostile[] = []
  const add = (family: string, label: string, ...sent: Sent[]): void => {
    all.push({ family, label, sent })
  }
  const batch = (...updates: Uint8Array[]): Sent => ({ as: 'updates', updates })
  const event = (name: string, ...args: unknown[]): Sent => ({ as: 'event', event: name, args })
  const own = (...structs: Part[]): Sent => batch(update([section(fresh(), 0, structs)]))
  const pool = honestUpdates(fresh(), below)
  const some = (): Uint8Array => pool[below(pool.length)] ?? new Uint8Array()

  for (const length of [0, 1, 2, 3, 7, 16, 33, 64, 255, 1024, 4096, 65_536]) {
    add('random', `an update of ${length}`, batch(bytes(length)))
    add('random', `a batch of ${length}`, event('document:update', bytes(length)))
    add('random', `a presence of ${length}`, event('presence:set', bytes(length)))
    add('random', `a frame of ${length}`, { as: 'frame', bytes: webSocketFrame({ payload: bytes(length) }) })
  }
  for (let i = 0; i < 50; i++) {
    const whole = some()
    add('truncated', `an update cut short ${i}`, batch(whole.subarray(0, below(whole.length))))
  }
  for (let i = 0; i < 80; i++) {
    const flipped = some().slice()
    for (let flips = below(8); flips >= 0; flips--) {
      const at = below(flipped.length)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << below(8))
    }
    add('bit-flipped', `an update with flipped bits ${i}`, batch(flipped))
  }
  for (const giant of GIANTS) {
    const id = fresh()
    add('giant', `${giant} clients`, batch(forge(giant)))
    add('giant', `${giant} structs`, batch(forge(1, giant, id, 0)))
    add(
      'giant',
      `clock ${giant}`,
      batch(update([section(id, giant, [inRoot(CONTENT.string, 'title', 'x')])])),
    )
    add('giant', `${giant} collected`, own([0, giant]))
    add('giant', `${giant} deleted`, own(inRoot(CONTENT.deleted, 'title', giant)))
    add('giant', `a hole of ${giant}`, own([CONTENT.skip, giant]))
    add('giant', `a list of ${giant}`, own(inRoot(CONTENT.any, 'title', [1, Uint8Array.of(117), giant])))
    add('giant', `a string of ${giant}`, own(inRoot(CONTENT.string, 'title', giant)))
    add('giant', `${giant} clients deleted of`, batch(forge(0, giant)))
    add('giant', `${giant} ranges deleted`, batch(forge(0, 1, id, giant)))
    add('giant', `a batch of ${giant} updates`, event('document:update', forge(room, id, 1, 0, 1, 0, giant)))
    add('giant', `${giant} parts`, event('document:update', forge(room, id, 1, 0, giant, 0, 1)))
    add('giant', `number ${giant}`, event('document:update', forge(room, id, giant, 0, 1, 0, 0)))
    add('giant', `room ${giant}`, event('presence:set', forge(giant, 0, 0)))
  }
  const claims = Array.from({ length: 20 }, () => batch(forge(1, 2 ** 25 - 1, fresh(), 0)))
  add('giant', '20 times 2^25 structs', ...claims)

  const odd: unknown[] = [null, 0, -1, 1.5, '', 'text', true, [], {}, [[]], { type: 'Buffer', data: [1] }]
  odd.push({ length: 1e9 }, { byteLength: 8, byteOffset: 0 }, ['a', 'b'], '9'.repeat(400))
  for (const name of ['document:join', 'document:update', 'document:pull', 'presence:set', 'session:renew']) {
    for (const value of odd)
      add('types', `${name}(${JSON.stringify(value)?.slice(0, 20)})`, event(name, value))
  }
  add('types', 'nothing at all', event('document:update'), event('presence:set'), event('document:join'))

  for (const depth of DEPTHS) {
    const json = '['.repeat(depth) + ']'.repeat(depth)
    const list: Part = [...Array.from({ length: depth }, () => Uint8Array.of(117, 1)), Uint8Array.of(126)]
    const map: Part = [
      ...Array.from({ length: depth }, () => Uint8Array.of(118, 1, 1, 97)),
      Uint8Array.of(126),
    ]
    add('nesting', `lists ${depth} deep`, own(inRoot(CONTENT.any, 'title', [1, list])))
    add('nesting', `maps ${depth} deep`, own(inRoot(CONTENT.any, 'title', [1, map])))
    add('nesting', `a format ${depth} deep`, own(inRoot(CONTENT.format, 'title', ['bold', json])))
    add('nesting', `an embed ${depth} deep`, own(inRoot(CONTENT.embed, 'title', json)))
    add('nesting', `a caret ${depth} deep`, event('presence:set', forge(room, 0, json)))
    const id = fresh()
    const tower = Array.from({ length: depth }, (_, i) =>
      i === 0
        ? inRoot(CONTENT.type, 'body', [3, 'blockquote'])
        : inType(CONTENT.type, id, i - 1, [3, 'blockquote']),
    )
    add('nesting', `types ${depth} deep`, batch(update([section(id, 0, tower)])))
    if (depth <= 5000) add('nesting', `an argument ${depth} deep`, event('document:join', JSON.parse(json)))
  }

  const megabyte = 1024 * 1024
  for (const size of [megabyte + 1, 2 * megabyte, 10 * megabyte]) {
    const large = 'x'.repeat(size)
    add('oversize', `text of ${size}`, own(inRoot(CONTENT.string, 'title', large)))
    add('oversize', `a presence of ${size}`, event('presence:set', new Uint8Array(size)))
    add('oversize', `a name of ${size}`, event(large.slice(0, megabyte)))
    add('oversize', `a text frame of ${size}`, { as: 'text', text: large })
    add('oversize', `an address of ${size}`, event('document:join', { address: large }))
  }
  const crowd = fresh()
  const letters = (count: number): Part[] =>
    Array.from({ length: count }, (_, i) =>
      i === 0 ? inRoot(CONTENT.string, 'title', 'a') : rightOf(CONTENT.string, crowd, i - 1, 'a'),
    )
  add('oversize', '60,000 structs', batch(update([section(crowd, 0, letters(60_000))])))
  add(
    'oversize',
    '50,000 roots',
    own(...Array.from({ length: 50_000 }, (_, i) => inRoot(CONTENT.string, `r${i}`, 'a'))),
  )
  add(
    'oversize',
    '40,000 subdocuments',
    own(...Array.from({ length: 40_000 }, () => inRoot(CONTENT.doc, 'body', ['g', any({})]))),
  )
  const ranges = Array.from({ length: 100_000 }, (_, i): [number, number] => [i * 2, 1])
  add('oversize', '100,000 ranges', batch(update([], deletesOf(fresh(), ranges))))
  add('oversize', '50,000 empty updates', batch(...Array.from({ length: 50_000 }, () => forge(0, 0))))
  add(
    'oversize',
    'values without end',
    own(inRoot(CONTENT.any, 'title', [200_000, new Uint8Array(200_000).fill(126)])),
  )

  for (let i = 0; i < 40; i++) {
    const names: Part[] = [
      forge('somebody else'),
      forge(victim),
      bytes(below(40)),
      new Uint8Array(256 + below(1000)),
    ]
    add('presence', `forged ${i}`, event('presence:set', forge(room + below(3), below(4), names[i % 4] ?? 0)))
  }
  const spam = Array.from({ length: 500 }, (_, i) =>
    event('presence:set', encodePresenceSet({ room, idle: i % 2 === 0, caret: Uint8Array.of(i % 256) })),
  )
  add('presence', '500 in a row', ...spam)
  add('presence', 'a diff upwards', event('presence:diff', forge(room, 1, 0, 1, 1, 7, 'x', 'Owner', 0, 0, 3)))

  for (let i = 0; i < 40; i++) {
    const late = update([
      section(fresh(), 1 + below(1000), [inRoot(CONTENT.string, 'title', 'p'.repeat(500))]),
    ])
    const orphans = [
      late,
      update([section(fresh(), 0, [rightOf(CONTENT.string, fresh(), 77, 'o')])]),
      update([section(fresh(), 0, [inType(CONTENT.string, fresh(), 3, 'o')])]),
      update([], deletesOf(fresh(), [[below(1000), 5]])),
    ]
    add('gaps', `never filled ${i}`, batch(orphans[i % orphans.length] ?? late))
  }
  const flood = Array.from({ length: 300 }, () =>
    batch(update([section(fresh(), 5, [inRoot(CONTENT.string, 'title', 'q'.repeat(500))])])),
  )
  add('gaps', '300 in a row', ...flood)
  const loop = fresh()
  add('gaps', 'its own origin', batch(update([section(loop, 0, [rightOf(CONTENT.string, loop, 0, 'me')])])))

  const strange = [
    '',
    '__proto__',
    'constructor',
    'toString',
    'error',
    'connect',
    'disconnect',
    'disconnecting',
  ]
  strange.push('newListener', 'removeListener', 'message', 'ping', 'admin', 'x'.repeat(5000), '\u0000', '🦄')
  strange.push(
    'document:ack',
    'document:reset',
    'document:role',
    'server:notice',
    'server:drain',
    'access:asked',
  )
  for (const name of strange)
    add('events', `event ${JSON.stringify(name.slice(0, 20))}`, event(name, { a: 1 }, bytes(3)))
  const texts = [
    '',
    '0',
    '1',
    '2',
    '3',
    '4',
    '40',
    '41',
    '42',
    '42[]',
    '42[null]',
    '44{}',
    '45',
    '46',
    '5',
    '6',
    '9',
  ]
  texts.push(
    '4null',
    '4[]',
    '4[2]',
    '4[2,"/documents",null,[]]',
    '4[2,"/documents",1e99,["x"]]',
    '4[9,"/documents"]',
  )
  texts.push(
    '4[2,"/documents",null,["document:join"]]',
    '4[0,"/nope",null,{}]',
    '4[0,"/documents",null,null]',
    '4["__proto__"]',
  )
  texts.push(
    `4${'['.repeat(20_000)}`,
    `4[2,"/${'n'.repeat(3000)}",null,["x"]]`,
    '4{"type":"__proto__"}',
    '-1',
    'NaN',
    '\ud800',
  )
  for (const text of texts) add('events', `text ${JSON.stringify(text.slice(0, 40))}`, { as: 'text', text })

  for (const [label, frame] of strangeFrames(bytes)) add('frames', label, { as: 'frame', bytes: frame })

  const stranger = (structs: Part): Uint8Array => update([[1, victim, clock, structs]])
  const words: Part = inRoot(CONTENT.string, 'title', 'FORGED')
  for (const clientId of [victim, fresh()]) {
    const mine = clientId === victim ? 'as them' : 'as oneself'
    const forged: readonly [string, Uint8Array][] = [
      ['their next clock', stranger(words)],
      ['ahead of them', update([[1, victim, clock + 1000, words]])],
      ['their past', update([[1, victim, 0, words]])],
      ['collecting their future', update([[1, victim, clock, [0, 1_000_000]]])],
      ['deleting their future', update([], deletesOf(victim, [[clock, 2 ** 30]]))],
      ['deleting one they will write', update([], deletesOf(victim, [[clock + 1_000_000, 1]]))],
      [
        'beside their future',
        update([section(fresh(), 0, [rightOf(CONTENT.string, victim, clock + 1_000_000, 'x')])]),
      ],
      ['mixed with one’s own', update([[1, victim, clock, words], section(5, 0, [words])])],
    ]
    for (const [label, bytesOf] of forged) {
      for (const n of [1, 2]) {
        const updates = n === 1 ? [bytesOf] : [forge(0, 0), bytesOf]
        add('foreign', `${label}, ${mine}, ${n}`, { as: 'updates', updates, clientId })
      }
    }
  }
  return all
}

/** Returns updates of an honest document, to be damaged. */
function honestUpdates(clientId: number, below: (bound: number) => number): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = clientId
  const updates: Uint8Array[] = []
  doc.on('update', (each: Uint8Array) => updates.push(each))
  const [title, body] = [doc.getText('title'), doc.getXmlFragment('body')]
  for (let i = 0; i < 40; i++) {
    const kind = below(5)
    if (kind === 0) title.insert(below(title.length + 1), 'héllo 漢字 '.slice(0, 1 + below(8)))
    else if (kind === 1 && title.length > 4) title.delete(below(title.length - 2), 2)
    else if (kind === 2 && title.length > 4) title.format(0, 3, { bold: {} })
    else if (kind === 3) {
      const heading = new Y.XmlElement('heading')
      heading.setAttribute('level', 2 as never)
      heading.insert(0, [new Y.XmlText(`words ${i}`)])
      body.insert(below(body.length + 1), [heading])
    } else title.insert(0, 'z')
  }
  return [...updates, Y.encodeStateAsUpdate(doc)]
}

interface FrameParts {
  readonly fin?: boolean
  readonly reserved?: number
  readonly opcode?: number
  readonly masked?: boolean
  readonly payload?: Uint8Array
  /** The claimed length, if it differs from the payload's. */
  readonly length?: bigint
}

/** Returns a WebSocket frame, valid or not; masked with zeros, which changes no byte. */
export function webSocketFrame(parts: FrameParts): Uint8Array {
  const { fin = true, reserved = 0, opcode = 2, masked = true, payload = new Uint8Array() } = parts
  const length = parts.length ?? BigInt(payload.length)
  const mask = masked ? 128 : 0
  const head = [(fin ? 128 : 0) | (reserved << 4) | opcode]
  if (length < 126n) head.push(mask | Number(length))
  else {
    const wide = length >= 65_536n
    head.push(mask | (wide ? 127 : 126))
    for (let shift = wide ? 56n : 8n; shift >= 0n; shift -= 8n) head.push(Number((length >> shift) & 255n))
  }
  if (masked) head.push(0, 0, 0, 0)
  const frame = new Uint8Array(head.length + payload.length)
  frame.set(head)
  frame.set(payload, head.length)
  return frame
}

function strangeFrames(bytes: (length: number) => Uint8Array): readonly (readonly [string, Uint8Array])[] {
  const bad = Uint8Array.of(0xff, 0xfe, 0xc0)
  const open = [...webSocketFrame({ fin: false, payload: bytes(3) })]
  const pieces = Array.from({ length: 2000 }, () => [
    ...webSocketFrame({ fin: false, opcode: 0, payload: bytes(1) }),
  ])
  const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
  return [
    ...opcodes.map((opcode) => [`opcode ${opcode}`, webSocketFrame({ opcode })] as const),
    ...[1, 2, 3, 4, 5, 6, 7].map(
      (reserved) => [`reserved bits ${reserved}`, webSocketFrame({ reserved, payload: bytes(4) })] as const,
    ),
    ['not masked', webSocketFrame({ masked: false, payload: bytes(4) })],
    ['going on with nothing', webSocketFrame({ opcode: 0, payload: bytes(4) })],
    ['half a ping', webSocketFrame({ fin: false, opcode: 9 })],
    ['a long ping', webSocketFrame({ opcode: 9, payload: bytes(200) })],
    ['text that is no UTF-8', webSocketFrame({ opcode: 1, payload: bad })],
    ['closing with code 1', webSocketFrame({ opcode: 8, payload: Uint8Array.of(0, 1) })],
    ['closing with half a code', webSocketFrame({ opcode: 8, payload: Uint8Array.of(3) })],
    ['closing with bad words', webSocketFrame({ opcode: 8, payload: Uint8Array.of(3, 232, ...bad) })],
    ...[2n ** 63n, 2n ** 53n, 2n ** 31n, 200n * 2n ** 20n].map(
      (length) => [`${length} bytes claimed`, webSocketFrame({ length })] as const,
    ),
    ['HTTP', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
    ['fragments without end', Uint8Array.from([...open, ...pieces.flat()])],
    ...Array.from(
      { length: 10 },
      (_, i) =>
        [`a packet of noise ${i}`, webSocketFrame({ payload: Uint8Array.of(i, ...bytes(30)) })] as const,
    ),
  ]
}
