import * as v from 'valibot'
import {
  addressSchema,
  chainSchema,
  clientIdSchema,
  identitySchema,
  idSchema,
  refusalSchema,
  roleSchema,
  roomSchema,
  seqSchema,
} from './fields.ts'
import { ANSWER_MS, type BodyOf, type DownMessage, type UpMessage, type UpRule } from './message.ts'

/* Joining a room, leaving it, and losing it. */

/**
 * The relations between the history in a join's answer and the client's cursor. *tail*: rows after the cursor.
 * *snapshot*: a snapshot and the rows after it. *rewind*: like snapshot, but the client's cursor is not in this
 * history (a restored server): both sides exchange what the other lacks; the answer has the server's state vector.
 * *lineage*: the history was rebuilt under new client ids; the client must not merge its copy.
 */
const HISTORY_MODES = ['tail', 'snapshot', 'rewind', 'lineage'] as const

const joinedSchema = v.object({
  ok: v.literal(true),
  room: roomSchema,
  documentId: idSchema,
  lineage: idSchema,
  role: roleSchema,
  schemaVersion: v.number(),
  /** This tab's number in the presence of the room. */
  member: v.number(),
  self: identitySchema,
  /** The last batch of this client id in the log, 0 if there is none. */
  acknowledged: seqSchema,
  mode: v.picklist(HISTORY_MODES),
  /** Bytes of history that follow in chunks, 0 if the history is in this answer. */
  chunked: v.number(),
  /** The server's state vector (base64) if the mode is rewind, otherwise ''. */
  vector: v.string(),
  /** The interval of the heartbeat, ms. */
  pingInterval: v.number(),
  /** The timeout of the heartbeat, ms. */
  pingTimeout: v.number(),
})
export type Joined = v.InferOutput<typeof joinedSchema>

/** Enters the room of a document. The history is in the answer, or follows in chunks. */
export const documentJoin = {
  name: 'document:join',
  answer: v.variant('ok', [joinedSchema, refusalSchema]),
  timeout: ANSWER_MS,
} as const satisfies UpMessage
export const documentJoinRule = {
  message: documentJoin,
  json: v.object({
    address: addressSchema,
    clientId: clientIdSchema,
    schemaVersion: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000)),
    /** The lineage of the history that this replica holds, and its cursor in it. Null if it holds none. */
    cursor: v.nullable(v.object({ lineage: idSchema, seq: seqSchema, chain: chainSchema })),
  }),
  rate: 'joins',
  role: 'anyone',
} as const satisfies UpRule
export type JoinRequest = BodyOf<typeof documentJoinRule>

/** Leaves a room. Idempotent. */
export const documentLeave = { name: 'document:leave' } as const satisfies UpMessage
export const documentLeaveRule = {
  message: documentLeave,
  json: v.object({ room: roomSchema }),
  rate: 'joins',
  role: 'anyone',
} as const satisfies UpRule
export type LeaveRequest = BodyOf<typeof documentLeaveRule>

/** Removes a client from a room. Every reason but *rejoin* is final. *withdrawn*: the user lost access. */
export const documentReset = {
  name: 'document:reset',
  json: v.object({
    room: roomSchema,
    reason: v.picklist(['rejoin', 'deleted', 'damaged', 'replaced', 'withdrawn']),
  }),
} as const satisfies DownMessage
export type Reset = BodyOf<typeof documentReset>
