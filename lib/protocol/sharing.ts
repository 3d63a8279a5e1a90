import * as v from 'valibot'
import { SHARED_ROLES } from './identity.ts'
import { addressSchema, identitySchema, roleSchema } from './messages/fields.ts'

/*
 * Bodies and answers of `POST /api/access…`. Addresses are keys: they stand in bodies, never in a query string.
 * Times in ms since the epoch. A refusal is answered as on the socket (errors.ts).
 */

const sharedRoleSchema = v.picklist(SHARED_ROLES)
const userIdSchema = identitySchema.entries.userId
const timeSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))

/** `access`: who may do what. `documents/restore`, `documents/erase`: which document of the trash. */
export const ofAddressSchema = v.object({ address: addressSchema })

/** `access/link-role`: the most that people with a link can do; null: nothing. */
export const linkRoleSchema = v.object({ address: addressSchema, role: v.nullable(sharedRoleSchema) })

/** `access/link`: the link of `role`; what is left out stays, null takes it away. */
export const linkChangeSchema = v.object({
  address: addressSchema,
  role: sharedRoleSchema,
  expiresAt: v.exactOptional(v.nullable(timeSchema)),
  password: v.exactOptional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(200)))),
})

/** `access/renew`: a new address for `role`, answered with `renewedLinkSchema`. */
export const linkRenewSchema = v.object({ address: addressSchema, role: sharedRoleSchema })

/** `access/grant`, `access/request`: a role for one person; null takes it back, or says no. */
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
  /** People who have lost access by it just now. */
  disconnected: v.number(),
})
export type RenewedLink = v.InferOutput<typeof renewedLinkSchema>

const sharedLinkSchema = v.object({
  role: sharedRoleSchema,
  address: addressSchema,
  /** null: never. */
  expiresAt: v.nullable(timeSchema),
  hasPassword: v.boolean(),
  /** People who have the document open by this link now. */
  connected: v.number(),
})
export type SharedLink = v.InferOutput<typeof sharedLinkSchema>

const sharedPersonSchema = v.object({
  user: identitySchema,
  role: roleSchema,
  /** What gives them their role. */
  via: v.picklist(['owner', 'grant', 'link']),
  /** Has the document open now. */
  present: v.boolean(),
})
export type SharedPerson = v.InferOutput<typeof sharedPersonSchema>

/** Who may do what with a document, as far as the one who asks may know it. */
export const sharingSchema = v.object({
  ok: v.literal(true),
  /** Of the one who asks. */
  role: roleSchema,
  /** The most that people with a link can do; null: nothing. */
  linkRole: v.nullable(sharedRoleSchema),
  /** Up to one's own role, from the least to the most. */
  links: v.array(sharedLinkSchema),
  /** The owner sees everybody, others the owner and themselves. */
  people: v.array(sharedPersonSchema),
  /** For the owner: who asks for which role, the oldest first. */
  requests: v.array(v.object({ user: identitySchema, role: sharedRoleSchema, at: timeSchema })),
})
export type SharingOverview = v.InferOutput<typeof sharingSchema>
