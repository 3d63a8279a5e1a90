import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as v from 'valibot'
import { read, readFlag } from '../body.ts'
import { type Row, readChain } from '../log-row.ts'
import { clientIdSchema, refusalSchema, roomSchema, seqSchema } from './fields.ts'
import type { BodyOf, DownMessage, UpMessage, UpRule } from './message.ts'

/* A client's batches, and the committed rows that answer them and carry other clients' batches. */

/** One part of one batch. The payloads of all parts, joined, are the output of encodeUpdates. */
export interface BatchBody {
  readonly room: number
  readonly clientId: number
  readonly n: number
  readonly part: number
  readonly parts: number
  /** True for differences after a restore, which may contain other clients' structs. */
  readonly restore: boolean
  readonly payload: Uint8Array
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

/** Sends one part of a batch. Answered by a row or an ack; its arrival is confirmed regardless of the outcome. */
export const documentUpdate = {
  name: 'document:update',
  confirmed: true,
} as const satisfies UpMessage
export const documentUpdateRule = {
  message: documentUpdate,
  body: decodeBatch,
  rate: 'updates',
  role: 'editor',
} as const satisfies UpRule

/** One committed row of a room. */
export interface RowBody extends Row {
  readonly room: number
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

/** Sends one committed row to every client in the room. */
export const documentRow = { name: 'document:update', body: decodeRow } as const satisfies DownMessage

/** Answers a `document:update` that adds no row: accepted long ago, or refused. */
export const documentAck = {
  name: 'document:ack',
  json: v.object({
    room: roomSchema,
    clientId: clientIdSchema,
    n: seqSchema,
    /** If absent, batches up to n are in the log; if present, batch n was not accepted. */
    refusal: v.exactOptional(refusalSchema),
  }),
} as const satisfies DownMessage
export type Ack = BodyOf<typeof documentAck>
