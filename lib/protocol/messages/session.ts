import * as v from 'valibot'
import type { ErrorCode } from '../errors.ts'
import { hueSchema, identitySchema, idSchema, refusalSchema, tokenSchema } from './fields.ts'
import { ANSWER_MS, type BodyOf, type UpMessage, type UpRule } from './message.ts'

/* The session behind a connection: its handshake, its tokens, and the HTTP bodies they come from. */

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

/** Shows a fresh token of the same user and session, before the one of the handshake or of the last renewal ends. */
export const sessionRenew = {
  name: 'session:renew',
  answer: v.variant('ok', [
    v.object({
      ok: v.literal(true),
      /** The end of the new token, ms since the epoch. */
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

/** The name and hue a user may set, over HTTP. */
export const profileSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(200)),
  hue: v.nullable(hueSchema),
})

/**
 * Body of `POST /api/session`. `recovery`: from an earlier answer, for a browser that has lost its cookie. `renew`: this
 * browser had a session before, so no new guest is made; the answer is `unauthenticated` if that session has ended.
 */
export const sessionRequestSchema = v.object({
  renew: v.exactOptional(v.boolean()),
  recovery: v.exactOptional(v.pipe(v.string(), v.maxLength(512))),
})

/** Answer of `POST /api/session`. */
export const sessionSchema = v.object({
  token: v.string(),
  /** The end of the token, ms since the epoch. */
  expiresAt: v.number(),
  /** The ms from now until then, for a client whose clock is wrong. */
  life: v.number(),
  /** Makes this browser the same guest again if it is killed before it wrote its cookie to disk; null for an account. */
  recovery: v.nullable(v.string()),
  user: identitySchema,
  /** The guests this account once was; their copies in this browser are the account's own. */
  aliases: v.array(idSchema),
})
export type SessionAnswer = v.InferOutput<typeof sessionSchema>
