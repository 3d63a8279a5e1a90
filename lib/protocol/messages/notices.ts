import * as v from 'valibot'
import { seqSchema } from './fields.ts'
import type { BodyOf, DownMessage } from './message.ts'

/** Tells the client the state of the server or of this connection. */
export const serverNotice = {
  name: 'server:notice',
  json: v.object({
    /** The room it concerns, 0 for the whole connection. */
    room: seqSchema,
    code: v.picklist(['storage-slow', 'storage-ok', 'last-warning', 'schema-broken']),
  }),
} as const satisfies DownMessage
export type Notice = BodyOf<typeof serverNotice>

/** Announces that the server is about to close the connection. */
export const serverDrain = {
  name: 'server:drain',
  json: v.object({
    /** The ms after which to reconnect. Each client adds a random share of it. */
    retryAfterMs: v.number(),
  }),
} as const satisfies DownMessage
