import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

const SALT_BYTES = 16
const KEY_BYTES = 64
/** 32 MiB of memory for each hash (128 × N × r bytes). */
const COST = { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 }

/**
 * Returns a password's scrypt hash: salt and key in hexadecimal, separated by a colon
 * (docs/decisions/0045-own-account-tables.md).
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES).toString('hex')
  return `${salt}:${(await keyOf(password, salt)).toString('hex')}`
}

/**
 * Returns true if the password has this hash. A null `hash` (no such account, or one without a password) takes as
 * long as a wrong password, so that the time reveals nothing. Returns false for a damaged hash.
 */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [salt = '', hex = ''] = hash?.split(':') ?? []
  const key = await keyOf(password, salt)
  const expected = Buffer.from(hex, 'hex')
  return expected.length === key.length && timingSafeEqual(expected, key)
}

/**
 * Derives the key of a password. The salt is its hexadecimal text, not the bytes it encodes: stored hashes were made
 * so.
 */
function keyOf(password: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Normalize, so that different ways to type the same characters give the same password.
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, COST, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}
