import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import {
  GUEST_NAME_COUNT,
  HUE_COUNT,
  type Identity,
  PRESENCE_STATES,
  type PresenceState,
  ROLES,
  type Role,
} from './identity.ts'
import { LIMITS } from './limits.ts'
import { Pieces } from './pieces.ts'

/*
 * The binary bodies of docs/protocol.md. All numbers are unsigned LEB128 (lib0's varUint), all strings and
 * byte strings carry their length in front. Each body is one Uint8Array, the last argument of its event.
 * Every decode function throws MalformedBody on anything it does not fully understand, trailing bytes included;
 * none allocates more than the input's own length. Decoded byte strings are views into the input.
 */

/** Thrown by every decode function here: the bytes are not the body they should be. */
export class MalformedBody extends Error {
  override readonly name = 'MalformedBody'
}

/** Length of a chain value: the first bytes of a SHA-256. */
export const CHAIN_BYTES = 16

/** The chain before the first row. */
export const EMPTY_CHAIN: Uint8Array = new Uint8Array(CHAIN_BYTES)

/** A chain (as text) that no row has: a client claims it to ask for an exchange by state vector. */
export const NO_CHAIN = 'f'.repeat(2 * CHAIN_BYTES)

/** Entry kinds. Unknown kinds advance the cursor and nothing else. */
export const ENTRY_BODY_UPDATE = 0

/**
 * One accepted batch in the log. `user` is who the client id is bound to and stands only in a client's first
 * batch (n = 1); it is '' in all later ones. `updates`: Yjs v1 updates, in order.
 */
export interface Entry {
  readonly kind: number
  readonly clientId: number
  readonly n: number
  readonly user: string
  readonly updates: readonly Uint8Array[]
}

/** All entries of one document in one commit. `entries` is what encodeEntries made. `chain`: CHAIN_BYTES bytes. */
export interface Row {
  readonly seq: number
  readonly chain: Uint8Array
  readonly entries: Uint8Array
}

/** A snapshot on its way to a client. `state`: a Yjs v1 update holding everything up to and including row `seq`. */
export interface SnapshotBody {
  readonly seq: number
  readonly chain: Uint8Array
  readonly state: Uint8Array
}

/** What a join or a pull brings: rows after the client's cursor, or a snapshot and the rows after it. */
export interface HistoryBody {
  readonly snapshot: SnapshotBody | null
  readonly rows: readonly Row[]
}

/** `document:update` upwards: one part of one batch. `payload` of all parts joined is what encodeUpdates made. */
export interface BatchBody {
  readonly room: number
  readonly clientId: number
  readonly n: number
  readonly part: number
  readonly parts: number
  /** 1: differences after a restore, may hold others' structs. */
  readonly restore: boolean
  readonly payload: Uint8Array
}

/** `document:update` downwards: one committed row. */
export interface RowBody extends Row {
  readonly room: number
}

/** `presence:set`: what a client may say of itself. `caret`: two encoded relative positions, empty = no caret. */
export interface PresenceSetBody {
  readonly room: number
  readonly idle: boolean
  readonly caret: Uint8Array
}

/** One person's tab in a room. Fields left out are unchanged since the last diff that had them. */
export interface PresenceUpsert {
  readonly member: number
  readonly identity?: Identity & { readonly role: Role }
  readonly state?: PresenceState
  readonly caret?: Uint8Array
}

/** `presence:diff`. `full`: the roster is replaced, not added to. */
export interface PresenceDiffBody {
  readonly room: number
  readonly full: boolean
  readonly upserts: readonly PresenceUpsert[]
  readonly removes: readonly number[]
}

export function encodeUpdates(updates: readonly Uint8Array[]): Uint8Array {
  return encoding.encode((e) => writeUpdates(e, updates))
}

export function decodeUpdates(bytes: Uint8Array): Uint8Array[] {
  return read(bytes, readUpdates)
}

export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  return encoding.encode((e) => {
    encoding.writeVarUint(e, entries.length)
    for (const entry of entries) {
      encoding.writeVarUint(e, entry.kind)
      encoding.writeVarUint(e, entry.clientId)
      encoding.writeVarUint(e, entry.n)
      encoding.writeVarString(e, entry.user)
      writeUpdates(e, entry.updates)
    }
  })
}

export function decodeEntries(bytes: Uint8Array): Entry[] {
  return read(bytes, (d) => {
    const count = readCount(d, 5)
    const entries: Entry[] = []
    for (let i = 0; i < count; i++) {
      entries.push({
        kind: decoding.readVarUint(d),
        clientId: decoding.readVarUint(d),
        n: decoding.readVarUint(d),
        user: decoding.readVarString(d),
        updates: readUpdates(d),
      })
    }
    return entries
  })
}

/** In pieces: a snapshot's state is one, as it stands. */
export function encodeHistory({ snapshot, rows }: HistoryBody): Pieces {
  const head = encoding.encode((e) => {
    encoding.writeUint8(e, snapshot ? 1 : 0)
    if (!snapshot) return
    encoding.writeVarUint(e, snapshot.seq)
    encoding.writeUint8Array(e, snapshot.chain)
    encoding.writeVarUint(e, snapshot.state.length)
  })
  const tail = encoding.encode((e) => {
    encoding.writeVarUint(e, rows.length)
    for (const row of rows) {
      encoding.writeVarUint(e, row.seq)
      encoding.writeUint8Array(e, row.chain)
      encoding.writeVarUint8Array(e, row.entries)
    }
  })
  return new Pieces(snapshot ? [head, snapshot.state, tail] : [head, tail])
}

export function decodeHistory(bytes: Uint8Array): HistoryBody {
  return read(bytes, (d) => {
    const snapshot = readFlag(d)
      ? { seq: decoding.readVarUint(d), chain: readChain(d), state: decoding.readVarUint8Array(d) }
      : null
    const count = readCount(d, CHAIN_BYTES + 2)
    const rows: Row[] = []
    for (let i = 0; i < count; i++) {
      rows.push({ seq: decoding.readVarUint(d), chain: readChain(d), entries: decoding.readVarUint8Array(d) })
    }
    return { snapshot, rows }
  })
}

export function encodeBatch(batch: BatchBody): Uint8Array {
  return encoding.encode((e) => {
    encoding.writeVarUint(e, batch.room)
    encoding.writeVarUint(e, batch.clientId)
    encoding.writeVarUint(e, batch.n)
    encoding.writeVarUint(e, batch.part)
    encoding.writeVarUint(e, batch.parts)
    encoding.writeUint8(e, batch.restore ? 1 : 0)
    encoding.writeUint8Array(e, batch.payload)
  })
}

export function decodeBatch(bytes: Uint8Array): BatchBody {
  return read(bytes, (d) => ({
    room: decoding.readVarUint(d),
    clientId: decoding.readVarUint(d),
    n: decoding.readVarUint(d),
    part: decoding.readVarUint(d),
    parts: decoding.readVarUint(d),
    restore: readFlag(d),
    payload: decoding.readTailAsUint8Array(d),
  }))
}

export function encodeRow(row: RowBody): Uint8Array {
  return encoding.encode((e) => {
    encoding.writeVarUint(e, row.room)
    encoding.writeVarUint(e, row.seq)
    encoding.writeUint8Array(e, row.chain)
    encoding.writeUint8Array(e, row.entries)
  })
}

export function decodeRow(bytes: Uint8Array): RowBody {
  return read(bytes, (d) => ({
    room: decoding.readVarUint(d),
    seq: decoding.readVarUint(d),
    chain: readChain(d),
    entries: decoding.readTailAsUint8Array(d),
  }))
}

export function encodePresenceSet(set: PresenceSetBody): Uint8Array {
  return encoding.encode((e) => {
    encoding.writeVarUint(e, set.room)
    encoding.writeUint8(e, set.idle ? 1 : 0)
    encoding.writeUint8Array(e, set.caret)
  })
}

export function decodePresenceSet(bytes: Uint8Array): PresenceSetBody {
  return read(bytes, (d) => ({
    room: decoding.readVarUint(d),
    idle: readFlag(d),
    caret: decoding.readTailAsUint8Array(d),
  }))
}

const HAS_IDENTITY = 1
const HAS_STATE = 2
const HAS_CARET = 4

export function encodePresenceDiff(diff: PresenceDiffBody): Uint8Array {
  return encoding.encode((e) => {
    encoding.writeVarUint(e, diff.room)
    encoding.writeUint8(e, diff.full ? 1 : 0)
    encoding.writeVarUint(e, diff.removes.length)
    for (const member of diff.removes) encoding.writeVarUint(e, member)
    encoding.writeVarUint(e, diff.upserts.length)
    for (const { member, identity, state, caret } of diff.upserts) {
      encoding.writeVarUint(e, member)
      encoding.writeUint8(
        e,
        (identity ? HAS_IDENTITY : 0) | (state ? HAS_STATE : 0) | (caret ? HAS_CARET : 0),
      )
      if (identity) {
        encoding.writeVarString(e, identity.userId)
        encoding.writeVarString(e, identity.name)
        encoding.writeVarUint(e, identity.guestName)
        encoding.writeVarUint(e, identity.hue)
        encoding.writeUint8(e, ROLES.indexOf(identity.role))
      }
      if (state) encoding.writeUint8(e, PRESENCE_STATES.indexOf(state))
      if (caret) encoding.writeVarUint8Array(e, caret)
    }
  })
}

export function decodePresenceDiff(bytes: Uint8Array): PresenceDiffBody {
  return read(bytes, (d) => {
    const room = decoding.readVarUint(d)
    const full = readFlag(d)
    const removes: number[] = []
    for (let i = readCount(d, 1); i > 0; i--) removes.push(decoding.readVarUint(d))
    const upserts: PresenceUpsert[] = []
    for (let i = readCount(d, 2); i > 0; i--) {
      const member = decoding.readVarUint(d)
      const has = decoding.readUint8(d)
      if (has > (HAS_IDENTITY | HAS_STATE | HAS_CARET)) throw new MalformedBody('unknown presence field')
      upserts.push({
        member,
        ...(has & HAS_IDENTITY ? { identity: readIdentity(d) } : {}),
        ...(has & HAS_STATE ? { state: readIndexed(d, PRESENCE_STATES) } : {}),
        ...(has & HAS_CARET ? { caret: decoding.readVarUint8Array(d) } : {}),
      })
    }
    return { room, full, upserts, removes }
  })
}

/** First CHAIN_BYTES bytes of a SHA-256 over the parts in order. */
export type ChainHash = (...parts: readonly Uint8Array[]) => Uint8Array

/** The chain after a row: hash of the chain before it, its number and its bytes. */
export function chainAfter(
  hash: ChainHash,
  before: Uint8Array,
  seq: number,
  entries: Uint8Array,
): Uint8Array {
  const number = new Uint8Array(8)
  new DataView(number.buffer).setBigUint64(0, BigInt(seq))
  return hash(before, number, entries)
}

/** A chain as text, for JSON bodies: 32 hexadecimal digits. */
export function chainToHex(chain: Uint8Array): string {
  let hex = ''
  for (const byte of chain) hex += byte.toString(16).padStart(2, '0')
  return hex
}

/** True when both are the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function read<T>(bytes: Uint8Array, decode: (d: decoding.Decoder) => T): T {
  try {
    const d = decoding.createDecoder(bytes)
    const value = decode(d)
    if (decoding.hasContent(d)) throw new MalformedBody('bytes left over')
    return value
  } catch (error) {
    if (error instanceof MalformedBody) throw error
    // lib0 throws plain errors and RangeErrors for ends met too early, numbers too large and bad UTF-8.
    throw new MalformedBody(error instanceof Error ? error.message : 'unreadable')
  }
}

/** A count of things that take at least `least` bytes each: more than fit is malformed, before anything is allocated. */
function readCount(d: decoding.Decoder, least: number): number {
  const count = decoding.readVarUint(d)
  if (count * least > d.arr.length - d.pos) throw new MalformedBody('count beyond the end')
  return count
}

function readFlag(d: decoding.Decoder): boolean {
  const flag = decoding.readUint8(d)
  if (flag > 1) throw new MalformedBody('flag is neither 0 nor 1')
  return flag === 1
}

function readBelow(d: decoding.Decoder, bound: number): number {
  const number = decoding.readVarUint(d)
  if (number >= bound) throw new MalformedBody('number out of range')
  return number
}

function readIndexed<T>(d: decoding.Decoder, values: readonly T[]): T {
  const value = values[decoding.readUint8(d)]
  if (value === undefined) throw new MalformedBody('index out of range')
  return value
}

function readChain(d: decoding.Decoder): Uint8Array {
  if (d.arr.length - d.pos < CHAIN_BYTES) throw new MalformedBody('chain cut short')
  return decoding.readUint8Array(d, CHAIN_BYTES)
}

function readIdentity(d: decoding.Decoder): Identity & { role: Role } {
  return {
    userId: decoding.readVarString(d),
    name: decoding.readVarString(d),
    guestName: readBelow(d, GUEST_NAME_COUNT),
    hue: readBelow(d, HUE_COUNT),
    role: readIndexed(d, ROLES),
  }
}

function writeUpdates(e: encoding.Encoder, updates: readonly Uint8Array[]): void {
  encoding.writeVarUint(e, updates.length)
  for (const update of updates) encoding.writeVarUint8Array(e, update)
}

function readUpdates(d: decoding.Decoder): Uint8Array[] {
  const count = readCount(d, 1)
  // A view costs a hundred times the byte that an empty update takes.
  if (count > LIMITS.structs) throw new MalformedBody('more updates than a batch may hold')
  const updates: Uint8Array[] = []
  for (let i = 0; i < count; i++) updates.push(decoding.readVarUint8Array(d))
  return updates
}
