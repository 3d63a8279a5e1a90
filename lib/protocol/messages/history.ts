import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as v from 'valibot'
import { read, readCount, readFlag } from '../body.ts'
import { ByteList } from '../byte-list.ts'
import { CHAIN_BYTES, type Row, readChain } from '../log-row.ts'
import { refusalSchema, roomSchema, seqSchema } from './fields.ts'
import { ANSWER_MS, type BodyOf, type DownMessage, type UpMessage, type UpRule } from './message.ts'

/*
 * A document's history on its way to a client: the body of the answer to a join or a pull, and the chunks of a long
 * one.
 */

/** A snapshot. `state`: a Yjs v1 update that contains all rows up to and including `seq`. */
export interface SnapshotBody {
  readonly seq: number
  readonly chain: Uint8Array
  readonly state: Uint8Array
}

/** The rows after the client's cursor, or a snapshot and the rows after it. */
export interface HistoryBody {
  readonly snapshot: SnapshotBody | null
  readonly rows: readonly Row[]
}

/** Encodes a history. The snapshot's state is not copied. */
export function encodeHistory({ snapshot, rows }: HistoryBody): ByteList {
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
  return new ByteList(snapshot ? [head, snapshot.state, tail] : [head, tail])
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

/** Asks for the rows after `seq` that did not arrive. The history is in the answer, or follows in chunks. */
export const documentPull = {
  name: 'document:pull',
  answer: v.variant('ok', [
    v.object({
      ok: v.literal(true),
      /** Bytes of history that follow in chunks, 0 if the history is in this answer. */
      chunked: v.number(),
    }),
    refusalSchema,
  ]),
  timeout: ANSWER_MS,
} as const satisfies UpMessage
export const documentPullRule = {
  message: documentPull,
  json: v.object({ room: roomSchema, seq: seqSchema }),
  rate: 'joins',
  role: 'viewer',
} as const satisfies UpRule
export type PullRequest = BodyOf<typeof documentPullRule>

/** Sends one chunk of a history. The next ones wait until it is confirmed. */
export const documentChunk = {
  name: 'document:chunk',
  json: v.object({
    room: roomSchema,
    /** Bytes of the whole history. */
    total: seqSchema,
    /** The position of this chunk in the history, in bytes. */
    offset: seqSchema,
  }),
  attached: true,
} as const satisfies DownMessage
export type Chunk = BodyOf<typeof documentChunk>
