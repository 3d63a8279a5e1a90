import { createSecretKey, type KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { seal, unseal } from '#lib/process/sealed.ts'
import { keyFor } from '#lib/process/secret.ts'

const PREFIX = 'in1'
/** The lifetime of an invitation, ms. */
const LIFE_MS = 7 * 24 * 60 * 60 * 1000

const invitationSchema = v.strictObject({ email: v.string(), by: v.string(), expiresAt: v.number() })

/** The claim in a link that creates an account. `by`: the user id of the administrator who invites. */
export type Invitation = v.InferOutput<typeof invitationSchema>

/**
 * The tokens in links with which an administrator invites somebody to create an account. Nothing is stored: the link
 * is for one e-mail, so it ends when that e-mail has an account. It also ends with the standing of the administrator
 * who made it; the caller checks both.
 */
export class Invitations {
  readonly #key: KeyObject
  readonly #now: () => number

  /** `now` returns ms since the epoch. */
  constructor(secret: string, now: () => number) {
    this.#key = createSecretKey(keyFor(secret, 'invitations'))
    this.#now = now
  }

  /** Returns a token for an e-mail, valid for seven days. */
  issue(email: string, by: string): string {
    return seal(PREFIX, { email, by, expiresAt: this.#now() + LIFE_MS } satisfies Invitation, this.#key)
  }

  /** Returns the claim in a token, null if it was not made here or has expired. */
  read(token: string): Invitation | null {
    const invitation = unseal(PREFIX, token, this.#key, invitationSchema)
    return invitation && invitation.expiresAt > this.#now() ? invitation : null
  }
}
