import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'

/** Returns `prefix.payload.mac`: JSON in base64url, signed (HMAC-SHA-256) but readable by its holder. */
export function seal(prefix: string, body: object, key: KeyObject): string {
  const payload = Buffer.from(JSON.stringify(body)).toString('base64url')
  return `${prefix}.${payload}.${macOf(payload, key)}`
}

/**
 * Returns the body of a token that `seal` made with the same prefix and key. Returns null if it was altered or has
 * another shape.
 */
export function unseal<S extends v.GenericSchema>(
  prefix: string,
  sealed: string,
  key: KeyObject,
  schema: S,
): v.InferOutput<S> | null {
  const [given, payload, mac, ...rest] = sealed.split('.')
  if (given !== prefix || payload === undefined || mac === undefined || rest.length > 0) return null
  if (!equalInConstantTime(mac, macOf(payload, key))) return null
  const parsed = v.safeParse(schema, JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
  return parsed.success ? parsed.output : null
}

/** Returns true if both strings are equal. The time it takes depends on their lengths alone. */
export function equalInConstantTime(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}

function macOf(payload: string, key: KeyObject): string {
  return createHmac('sha256', key).update(payload).digest('base64url')
}
