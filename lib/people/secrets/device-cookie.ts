import { createHash, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { seal, unseal } from '#lib/process/sealed.ts'
import { keyFor } from '#lib/process/secret.ts'
import { COOKIE_LIFE_S, readCookie, setCookie } from './session-cookie.ts'

const NAME = 'commonplace-device'
const PREFIX = 'dv1'
/** The most accounts that one browser is known for: those of a shared computer in a school. */
const MOST = 40

const deviceSchema = v.strictObject({ device: v.string(), accounts: v.array(v.string()) })

/**
 * The signed cookie of a browser that has signed in: it names the accounts, by hashes. It gives no access; it tells
 * the owner's browser from a stranger's when somebody tries passwords
 * (docs/decisions/0055-failed-sign-ins.md). Stays after signing out.
 */
export class DeviceCookie {
  readonly #publicOrigin: string
  readonly #key: KeyObject

  constructor(secret: string, publicOrigin: string) {
    this.#publicOrigin = publicOrigin
    this.#key = createSecretKey(keyFor(secret, 'devices'))
  }

  /** Returns the device's id if this browser has signed in to the user's account before, otherwise null. */
  deviceOf(headers: Headers, userId: string): string | null {
    const known = this.#in(headers)
    return known?.accounts.includes(tagOf(userId)) ? known.device : null
  }

  /** Returns the `Set-Cookie` value that adds a user's account to those of this browser. */
  with(headers: Headers, userId: string): string {
    const known = this.#in(headers) ?? { device: randomBytes(12).toString('base64url'), accounts: [] }
    const tag = tagOf(userId)
    const accounts = [tag, ...known.accounts.filter((each) => each !== tag)].slice(0, MOST)
    const value = seal(PREFIX, { device: known.device, accounts }, this.#key)
    return setCookie(NAME, value, COOKIE_LIFE_S, this.#publicOrigin)
  }

  #in(headers: Headers): v.InferOutput<typeof deviceSchema> | null {
    return unseal(PREFIX, readCookie(headers, NAME, this.#publicOrigin) ?? '', this.#key, deviceSchema)
  }
}

function tagOf(userId: string): string {
  return createHash('sha256').update(userId).digest('base64url').slice(0, 16)
}
