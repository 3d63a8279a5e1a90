import * as v from 'valibot'
import { ERROR_BANDS, type ErrorCode, type Refusal } from '../errors.ts'
import { GUEST_NAME_COUNT, HUE_COUNT, type Identity, ROLES } from '../identity.ts'
import * as LIMITS from '../limits.ts'

/* The schemas of fields that several messages share. */

export const clientIdSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff))
export const seqSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))
/** A chain or a digest: 32 hexadecimal digits. */
export const chainSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))
export const idSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/))
export const addressSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{32}$/))
export const tokenSchema = v.pipe(v.string(), v.maxLength(1024))
export const roomSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER))
export const hueSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(HUE_COUNT - 1))
export const roleSchema = v.picklist(ROLES)

export const identitySchema = v.object({
  userId: idSchema,
  name: v.pipe(v.string(), v.maxLength(LIMITS.nameLength)),
  guestName: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(GUEST_NAME_COUNT - 1)),
  hue: hueSchema,
}) satisfies v.GenericSchema<unknown, Identity>

const errorCodeSchema = v.custom<ErrorCode>(
  (code) => typeof code === 'string' && Object.hasOwn(ERROR_BANDS, code),
)

/** A refusal (errors.ts) in place of an answer. */
export const refusalSchema = v.object({
  ok: v.literal(false),
  code: errorCodeSchema,
  message: v.string(),
  retryAfterMs: v.exactOptional(v.number()),
}) satisfies v.GenericSchema<unknown, Refusal>
