import * as v from 'valibot'
import type { ErrorCode } from '../errors.ts'
import { hueSchema, identitySchema, idSchema, refusalSchema, tokenSchema } from './fields.ts'
import { ANSWER_MS, type BodyOf, type UpMessage, type UpRule } from './message.ts'

/* The session behind a connection: its handshake, its tokens, and the HTTP bodies they come from. */

/** The credentials of a new connection: Socket.IO's `auth`. */
export const handshakeSchema = v.object({
  protocol: v.number(),
  /** A short-lived signed token from `POST /api/session`. */
  token: tokenSchema,
  /** A random id per page load. Distinguishes a take-over by the same tab from a second tab. Never relayed. */
  tab: idSchema,
  /** The number of this tab's connection; the higher one wins. */
  connection: v.pipe(v.number(), v.integer(), v.minValue(0)),
})
export type Handshake = v.InferOutput<typeof handshakeSchema>

/** The codes of a refused connection (`connect_error`'s `data.code`). */
export type ConnectRefusal = Extract<
  ErrorCode,
  | 'protocol-version'
  | 'unauthenticated'
  | 'draining'
  | 'bad-message'
  | 'rate-limited'
  | 'too-many-connections'
>

/** Presents a fresh token of the same user and session, before the previous token of this connection expires. */
export const sessionRenew = {
  name: 'session:renew',
  answer: v.variant('ok', [
    v.object({
      ok: v.literal(true),
      /** The expiry of the new token, ms since the epoch. */
      expiresAt: v.number(),
    }),
    refusalSchema,
  ]),
  timeout: ANSWER_MS,
} as const satisfies UpMessage
export const sessionRenewRule = {
  message: sessionRenew,
  json: v.object({ token: tokenSchema }),
  rate: 'sockets',
  role: 'anyone',
} as const satisfies UpRule
export type RenewRequest = BodyOf<typeof sessionRenewRule>

/** The name and hue that a user sets, over HTTP. */
export const profileSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(200)),
  hue: v.nullable(hueSchema),
})

/**
 * The body of `POST /api/session`. `recovery`: from an earlier answer, for a browser that lost its cookie. `renew`:
 * this browser had a session before, so no new guest is created; the answer is `unauthenticated` if that session has
 * ended.
 */
export const sessionRequestSchema = v.object({
  renew: v.exactOptional(v.boolean()),
  recovery: v.exactOptional(v.pipe(v.string(), v.maxLength(512))),
})

/** The answer to `POST /api/session`. */
export const sessionSchema = v.object({
  token: v.string(),
  /** The expiry of the token, ms since the epoch. */
  expiresAt: v.number(),
  /** The lifetime of the token from now, ms, for a client whose clock is wrong. */
  life: v.number(),
  /**
   * Makes this browser the same guest again if it is killed before it writes its cookie to disk. Null for an
   * account.
   */
  recovery: v.nullable(v.string()),
  user: identitySchema,
  /** The guests that became this account. Their copies in this browser belong to the account. */
  aliases: v.array(idSchema),
})
export type SessionAnswer = v.InferOutput<typeof sessionSchema>
