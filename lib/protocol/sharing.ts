import * as v from 'valibot'
import { SHARED_ROLES } from './identity.ts'
import { addressSchema, identitySchema, roleSchema } from './messages/fields.ts'

/*
 * Bodies and answers of `POST /api/access…`. Addresses are keys: they are sent in bodies, never in a query string.
 * Times in ms since the epoch. A refusal is answered as on the socket (errors.ts).
 */

const sharedRoleSchema = v.picklist(SHARED_ROLES)
const userIdSchema = identitySchema.entries.userId
const timeSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))

/**
 * `access`: shows the sharing of a document. `documents/restore`, `documents/erase`: names a document in the trash.
 */
export const ofAddressSchema = v.object({ address: addressSchema })

/** `access/link-role`: the highest role that links give, null for none. */
export const linkRoleSchema = v.object({ address: addressSchema, role: v.nullable(sharedRoleSchema) })

/** `access/link`: a change to the link of `role`. An omitted field stays, null removes it. */
export const linkChangeSchema = v.object({
  address: addressSchema,
  role: sharedRoleSchema,
  expiresAt: v.exactOptional(v.nullable(timeSchema)),
  password: v.exactOptional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(200)))),
})

/** `access/renew`: a new address for `role`, answered with `renewedLinkSchema`. */
export const linkRenewSchema = v.object({ address: addressSchema, role: sharedRoleSchema })

/** `access/grant`, `access/request`: a role for one user. Null removes it, or denies the request. */
export const grantSchema = v.object({
  address: addressSchema,
  userId: userIdSchema,
  role: v.nullable(sharedRoleSchema),
})

/** `access/unlock`: the password of the link, answered with `{ ok, unlocked }`. */
export const unlockSchema = v.object({
  address: addressSchema,
  password: v.pipe(v.string(), v.maxLength(200)),
})

export const renewedLinkSchema = v.object({
  ok: v.literal(true),
  address: addressSchema,
  /** The number of users who lost access because of it. */
  disconnected: v.number(),
})
export type RenewedLink = v.InferOutput<typeof renewedLinkSchema>

const sharedLinkSchema = v.object({
  role: sharedRoleSchema,
  address: addressSchema,
  /** The time at which the link expires, null if it does not. */
  expiresAt: v.nullable(timeSchema),
  hasPassword: v.boolean(),
  /** The number of users who have the document open by this link. */
  connected: v.number(),
})
export type SharedLink = v.InferOutput<typeof sharedLinkSchema>

const sharedPersonSchema = v.object({
  user: identitySchema,
  role: roleSchema,
  /** The source of the user's role. */
  via: v.picklist(['owner', 'grant', 'link']),
  /** True if the user has the document open now. */
  present: v.boolean(),
})
export type SharedPerson = v.InferOutput<typeof sharedPersonSchema>

/** The links, people and requests of a document, as far as the caller may see them. */
export const sharingSchema = v.object({
  ok: v.literal(true),
  /** The caller's role. */
  role: roleSchema,
  /** The highest role that links give, null for none. */
  linkRole: v.nullable(sharedRoleSchema),
  /** The links up to the caller's own role, in ascending order. */
  links: v.array(sharedLinkSchema),
  /** The people with access. The owner sees all of them, others the owner and themselves. */
  people: v.array(sharedPersonSchema),
  /** The requests for roles, oldest first. Only the owner sees them. */
  requests: v.array(v.object({ user: identitySchema, role: sharedRoleSchema, at: timeSchema })),
})
export type SharingOverview = v.InferOutput<typeof sharingSchema>
