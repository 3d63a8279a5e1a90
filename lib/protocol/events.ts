import * as v from 'valibot'
import { ERROR_BANDS, type ErrorCode, type Refusal } from './errors.ts'
import type { Identity } from './identity.ts'
import { GUEST_NAME_COUNT, HUE_COUNT, ROLES, SHARED_ROLES } from './identity.ts'
import { LIMITS } from './limits.ts'

/*
 * Every event of the namespace `/documents`, and the schemas of what is JSON in it.
 * What is bytes in it (always the last argument) is in wire.ts. The rules are in docs/protocol.md.
 */

const clientIdSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))
const seqSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))
const chainSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))
const idSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/))
export const addressSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{32}$/))
const tokenSchema = v.pipe(v.string(), v.maxLength(1024))
const roomSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER))

/** What a connection shows when it is made: Socket.IO's `auth`. */
export const handshakeSchema = v.object({
  protocol: v.number(),
  /** Short-lived signed token from `POST /api/session`. */
  token: tokenSchema,
  /** Random per page load; tells a take-over of the same tab from a second tab. Never relayed. */
  tab: idSchema,
  /** Counts this tab's connections; the higher one wins. */
  connection: v.pipe(v.number(), v.integer(), v.minValue(0)),
})
export type Handshake = v.InferOutput<typeof handshakeSchema>

export const joinSchema = v.object({
  address: addressSchema,
  clientId: clientIdSchema,
  schemaVersion: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000)),
  /** What this replica already holds: the history's lineage, and the cursor in it. */
  cursor: v.nullable(v.object({ lineage: idSchema, seq: seqSchema, chain: chainSchema })),
})
export type JoinRequest = v.InferOutput<typeof joinSchema>

export const pullSchema = v.object({ room: roomSchema, seq: seqSchema })
export type PullRequest = v.InferOutput<typeof pullSchema>

/** What this replica shows after row `seq`: `digest` as content-digest.ts makes it of content-bytes.ts. */
export const compareSchema = v.object({ room: roomSchema, seq: seqSchema, digest: chainSchema })
export type CompareRequest = v.InferOutput<typeof compareSchema>

export const leaveSchema = v.object({ room: roomSchema })
export type LeaveRequest = v.InferOutput<typeof leaveSchema>

/** A fresh token of the same user and session, before the one of the handshake or of the last renewal ends. */
export const renewSchema = v.object({ token: tokenSchema })
export type RenewRequest = v.InferOutput<typeof renewSchema>

/** Asks the owner for more than one may. */
export const askSchema = v.object({ room: roomSchema, role: v.picklist(['commenter', 'editor']) })
export type AskRequest = v.InferOutput<typeof askSchema>

export const roleSchema = v.picklist(ROLES)

export const identitySchema = v.object({
  userId: idSchema,
  name: v.pipe(v.string(), v.maxLength(LIMITS.nameLength)),
  guestName: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(GUEST_NAME_COUNT - 1)),
  hue: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(HUE_COUNT - 1)),
}) satisfies v.GenericSchema<unknown, Identity>

/**
 * How the history in a join's answer relates to the client's cursor.
 * *tail*: rows after the cursor. *snapshot*: a snapshot and the rows after it.
 * *rewind*: as snapshot, and the client's cursor is not in this history (a restored server): both sides exchange
 * what the other lacks; the answer has the server's state vector. *lineage*: the history was rebuilt under new
 * client ids; the client must not merge what it has.
 */
export const HISTORY_MODES = ['tail', 'snapshot', 'rewind', 'lineage'] as const

export const joinedSchema = v.object({
  ok: v.literal(true),
  room: roomSchema,
  documentId: idSchema,
  lineage: idSchema,
  role: roleSchema,
  schemaVersion: v.number(),
  /** This tab's number in the presence of the room. */
  member: v.number(),
  self: identitySchema,
  /** The last batch of this client id that is in the log; 0: none. */
  acknowledged: seqSchema,
  mode: v.picklist(HISTORY_MODES),
  /** Bytes of history that follow in chunks; 0: the history is in this answer. */
  chunked: v.number(),
  /** The server's state vector (base64), when the mode is rewind; else ''. */
  vector: v.string(),
  /** The settings of the heartbeat, ms. */
  pingInterval: v.number(),
  pingTimeout: v.number(),
})
export type Joined = v.InferOutput<typeof joinedSchema>

const errorCodeSchema = v.custom<ErrorCode>(
  (code) => typeof code === 'string' && Object.hasOwn(ERROR_BANDS, code),
)

export const refusalSchema = v.object({
  ok: v.literal(false),
  code: errorCodeSchema,
  message: v.string(),
  retryAfterMs: v.exactOptional(v.number()),
}) satisfies v.GenericSchema<unknown, Refusal>

export const joinAnswerSchema = v.variant('ok', [joinedSchema, refusalSchema])
export const pulledSchema = v.object({
  ok: v.literal(true),
  chunked: v.number(),
})
export const pullAnswerSchema = v.variant('ok', [pulledSchema, refusalSchema])

/** Whether the log gives the same. *unknown*: that row is not held any more, or the server has no time for it now. */
const VERDICTS = ['same', 'differs', 'unknown'] as const
export type Verdict = (typeof VERDICTS)[number]
export const comparedSchema = v.object({ ok: v.literal(true), verdict: v.picklist(VERDICTS) })
export const compareAnswerSchema = v.variant('ok', [comparedSchema, refusalSchema])

/** `expiresAt`: when the new token ends, ms since the epoch. */
export const renewedSchema = v.object({ ok: v.literal(true), expiresAt: v.number() })
export const renewAnswerSchema = v.variant('ok', [renewedSchema, refusalSchema])
export const askAnswerSchema = v.variant('ok', [v.object({ ok: v.literal(true) }), refusalSchema])

export const chunkSchema = v.object({
  room: roomSchema,
  /** Bytes of the whole history and where this chunk stands in it. */
  total: seqSchema,
  offset: seqSchema,
})
export type Chunk = v.InferOutput<typeof chunkSchema>

/** An answer to a `document:update` that brings no frame: accepted long ago, or refused. */
export const ackSchema = v.object({
  room: roomSchema,
  clientId: clientIdSchema,
  n: seqSchema,
  /** Absent: batches up to n are in the log. Present: batch n was not accepted. */
  refusal: v.exactOptional(refusalSchema),
})
export type Ack = v.InferOutput<typeof ackSchema>

/** Why a room was taken from under a client. Every reason but *rejoin* ends it; *withdrawn*: one may no longer be there. */
export const RESET_REASONS = ['rejoin', 'deleted', 'damaged', 'replaced', 'withdrawn'] as const
export const resetSchema = v.object({ room: roomSchema, reason: v.picklist(RESET_REASONS) })
export type Reset = v.InferOutput<typeof resetSchema>

/**
 * Why somebody's role in a room is another one from now on. *changed*: by somebody's decision, or a link has ended.
 * *expired*: this connection's token has ended and was not renewed. *renewed*: it was, after all.
 */
export const ROLE_REASONS = ['changed', 'expired', 'renewed'] as const
export const roleChangeSchema = v.object({
  room: roomSchema,
  role: roleSchema,
  reason: v.picklist(ROLE_REASONS),
})
export type RoleChange = v.InferOutput<typeof roleChangeSchema>

/** Somebody in the room asks its owner for a role. */
export const askedSchema = v.object({
  room: roomSchema,
  user: identitySchema,
  role: v.picklist(SHARED_ROLES),
})
export type Asked = v.InferOutput<typeof askedSchema>

export const noticeSchema = v.object({
  /** 0: for the connection as a whole. */
  room: seqSchema,
  code: v.picklist(['storage-slow', 'storage-ok', 'last-warning', 'schema-broken']),
})
export type Notice = v.InferOutput<typeof noticeSchema>

export const drainSchema = v.object({
  /** Come back after this long, ms; a random share of it is added by each client. */
  retryAfterMs: v.number(),
})
export type Drain = v.InferOutput<typeof drainSchema>

type Answer<T> = (answer: T, history?: Uint8Array) => void

/** Client → server. A `Uint8Array` is a body of wire.ts. */
export interface UpEvents {
  'document:join': (request: JoinRequest, answer: Answer<Joined | Refusal>) => void
  /** `received`: called when the server has it, whatever becomes of it. */
  'document:update': (batch: Uint8Array, received?: () => void) => void
  'document:pull': (
    request: PullRequest,
    answer: Answer<v.InferOutput<typeof pulledSchema> | Refusal>,
  ) => void
  'document:compare': (
    request: CompareRequest,
    answer: Answer<v.InferOutput<typeof comparedSchema> | Refusal>,
  ) => void
  'document:leave': (request: LeaveRequest) => void
  'presence:set': (presence: Uint8Array) => void
  'session:renew': (
    request: RenewRequest,
    answer: Answer<v.InferOutput<typeof renewedSchema> | Refusal>,
  ) => void
  'access:ask': (request: AskRequest, answer: Answer<{ readonly ok: true } | Refusal>) => void
}

/** Server → client. A `Uint8Array` is a body of wire.ts. */
export interface DownEvents {
  'document:update': (row: Uint8Array) => void
  'document:ack': (ack: Ack) => void
  'document:chunk': (chunk: Chunk, bytes: Uint8Array, received: () => void) => void
  'document:reset': (reset: Reset) => void
  'document:role': (change: RoleChange) => void
  'access:asked': (asked: Asked) => void
  'presence:diff': (diff: Uint8Array) => void
  'server:notice': (notice: Notice) => void
  'server:drain': (drain: Drain) => void
}

export const UP_EVENTS = [
  'document:join',
  'document:update',
  'document:pull',
  'document:compare',
  'document:leave',
  'presence:set',
  'session:renew',
  'access:ask',
] as const satisfies readonly (keyof UpEvents)[]

export const DOWN_EVENTS = [
  'document:update',
  'document:ack',
  'document:chunk',
  'document:reset',
  'document:role',
  'access:asked',
  'presence:diff',
  'server:notice',
  'server:drain',
] as const satisfies readonly (keyof DownEvents)[]

/** Codes of a refused connection (`connect_error`'s `data.code`). */
export type ConnectRefusal = Extract<
  ErrorCode,
  | 'protocol-version'
  | 'unauthenticated'
  | 'draining'
  | 'bad-message'
  | 'rate-limited'
  | 'too-many-connections'
>

/** Names and titles a person may set, over HTTP. */
export const profileSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(200)),
  hue: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(HUE_COUNT - 1))),
})

/**
 * Body of `POST /api/session`: `recovery` from an earlier answer, when this browser has lost its cookie. `renew`: this
 * browser was somebody already, so nobody new is made in their place; `unauthenticated` when they are no longer signed in.
 */
export const sessionRequestSchema = v.object({
  renew: v.exactOptional(v.boolean()),
  recovery: v.exactOptional(v.pipe(v.string(), v.maxLength(512))),
})

/**
 * Answer of `POST /api/session`. `expiresAt`: ms since the epoch, when the token ends; `life`: how long that is from now, ms,
 * for a clock that is not right. `recovery`: makes this browser
 * the same guest again if it is killed before it wrote its cookie to disk; null: they have an account. `aliases`: the guests
 * this account once was, whose copies in this browser are its own.
 */
export const sessionSchema = v.object({
  token: v.string(),
  expiresAt: v.number(),
  life: v.number(),
  recovery: v.nullable(v.string()),
  user: identitySchema,
  aliases: v.array(idSchema),
})
export type SessionAnswer = v.InferOutput<typeof sessionSchema>
