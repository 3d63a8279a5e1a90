import * as v from 'valibot'
import { SHARED_ROLES } from '../identity.ts'
import { identitySchema, refusalSchema, roleSchema, roomSchema } from './fields.ts'
import { ANSWER_MS, type BodyOf, type DownMessage, type UpMessage, type UpRule } from './message.ts'

/* Role changes while a document is open. The HTTP side of sharing is in ../sharing.ts. */

/** Asks the owner for a higher role. */
export const accessAsk = {
  name: 'access:ask',
  answer: v.variant('ok', [v.object({ ok: v.literal(true) }), refusalSchema]),
  timeout: ANSWER_MS,
} as const satisfies UpMessage
export const accessAskRule = {
  message: accessAsk,
  json: v.object({ room: roomSchema, role: v.picklist(['commenter', 'editor']) }),
  rate: 'writes',
  role: 'viewer',
} as const satisfies UpRule
export type AskRequest = BodyOf<typeof accessAskRule>

/** Tells the owner that a user in the room requests a role. */
export const accessAsked = {
  name: 'access:asked',
  json: v.object({ room: roomSchema, user: identitySchema, role: v.picklist(SHARED_ROLES) }),
} as const satisfies DownMessage
export type Asked = BodyOf<typeof accessAsked>

/**
 * Changes the client's role in a room. *changed*: by a user's decision, or because a link ended. *expired*: this
 * connection's token ended and was not renewed. *renewed*: it was renewed after all.
 */
export const documentRole = {
  name: 'document:role',
  json: v.object({
    room: roomSchema,
    role: roleSchema,
    reason: v.picklist(['changed', 'expired', 'renewed']),
  }),
} as const satisfies DownMessage
export type RoleChange = BodyOf<typeof documentRole>
