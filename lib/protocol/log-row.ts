import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { MalformedBody, read, readCount } from './body.ts'
import * as LIMITS from './limits.ts'

/*
 * A row of a document's log: its entries as bytes, which are the same on the wire and on disk, and the chain over
 * them.
 */

/** The length of a chain value: the first bytes of a SHA-256. */
export const CHAIN_BYTES = 16

/** The chain before the first row. */
export const EMPTY_CHAIN: Uint8Array = new Uint8Array(CHAIN_BYTES)

/** A chain (as text) that no row has. A client claims it to request an exchange by state vector. */
export const NO_CHAIN = 'f'.repeat(2 * CHAIN_BYTES)

/** The kinds of entries. Unknown kinds advance the cursor and do nothing else. */
export const ENTRY_BODY_UPDATE = 0

/**
 * One accepted batch in the log. `user`: the user that the client id is bound to, in a client's first batch (n = 1)
 * only; '' in all later ones. `updates`: Yjs v1 updates, in order.
 */
export interface Entry {
  readonly kind: number
  readonly clientId: number
  readonly n: number
  readonly user: string
  readonly updates: readonly Uint8Array[]
}

/** All entries of one document in one commit. `entries`: encoded by encodeEntries. `chain`: CHAIN_BYTES bytes. */
export interface Row {
  readonly seq: number
  readonly chain: Uint8Array
  readonly entries: Uint8Array
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

/** Returns the first CHAIN_BYTES bytes of a SHA-256 over the parts in order. */
export type ChainHash = (...parts: readonly Uint8Array[]) => Uint8Array

/** Returns the chain after a row: the hash of the chain before it, its number and its bytes. */
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

/** Returns a chain as text, for JSON: 32 hexadecimal digits. */
export function chainToHex(chain: Uint8Array): string {
  let hex = ''
  for (const byte of chain) hex += byte.toString(16).padStart(2, '0')
  return hex
}

/** Reads a chain. Throws MalformedBody if it is cut short. */
export function readChain(d: decoding.Decoder): Uint8Array {
  if (d.arr.length - d.pos < CHAIN_BYTES) throw new MalformedBody('chain cut short')
  return decoding.readUint8Array(d, CHAIN_BYTES)
}

function writeUpdates(e: encoding.Encoder, updates: readonly Uint8Array[]): void {
  encoding.writeVarUint(e, updates.length)
  for (const update of updates) encoding.writeVarUint8Array(e, update)
}

function readUpdates(d: decoding.Decoder): Uint8Array[] {
  const count = readCount(d, 1)
  // A view costs a hundred times as much as the one byte of an empty update.
  if (count > LIMITS.structs) throw new MalformedBody('more updates than a batch may hold')
  const updates: Uint8Array[] = []
  for (let i = 0; i < count; i++) updates.push(decoding.readVarUint8Array(d))
  return updates
}
