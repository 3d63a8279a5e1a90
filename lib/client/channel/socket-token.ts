import * as v from 'valibot'
import { RefusedRequest } from '#lib/protocol/errors.ts'
import type { Identity } from '#lib/protocol/identity.ts'
import { identitySchema, refusalSchema } from '#lib/protocol/messages/fields.ts'
import { type SessionAnswer, sessionSchema } from '#lib/protocol/messages/session.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { recallGuest, rememberGuest } from '../replica/guest-memory.ts'
import { SessionEnded } from './credential.ts'

const savedProfileSchema = v.object({ user: identitySchema })

/** A new token is fetched when less than this share of its lifetime is left. */
const RENEW_BELOW = 0.3

/**
 * The token for the socket and the session it belongs to. Fetched on demand; concurrent callers share one request.
 */
export class SocketToken {
  #answer: SessionAnswer | null = null
  #fetchedAt = 0
  #fetching: Promise<SessionAnswer> | null = null
  #isAccount = false

  /** The user of the last token has an account. */
  get isAccount(): boolean {
    return this.#isAccount
  }

  /** Returns a session with a usable token. Throws if the server is unreachable or refuses. Idempotent. */
  async session(): Promise<SessionAnswer> {
    return this.#usable ?? this.#fetch({})
  }

  /**
   * Like `session`, for a returning user: fetches a new token if `fresh`. `life` is its remaining lifetime, ms.
   * Throws SessionEnded if they are no longer signed in; does not create a guest in their place.
   */
  async renewed(fresh: boolean): Promise<{ readonly answer: SessionAnswer; readonly life: number }> {
    const answer = (fresh ? null : this.#usable) ?? (await this.#fetch({ renew: true }))
    return { answer, life: this.#left(answer) }
  }

  get #usable(): SessionAnswer | null {
    return this.#answer && this.#left(this.#answer) > RENEW_BELOW * this.#answer.life ? this.#answer : null
  }

  /** Returns the remaining lifetime, ms, by this machine's clock, which may be wrong. */
  #left({ life }: SessionAnswer): number {
    return life - (performance.now() - this.#fetchedAt)
  }

  async #fetch(asked: { renew?: true }): Promise<SessionAnswer> {
    this.#fetching ??= fetchSession(asked).finally(() => {
      this.#fetching = null
    })
    this.#answer = await this.#fetching
    this.#isAccount = this.#answer.recovery === null
    this.#fetchedAt = performance.now()
    return this.#answer
  }
}

async function fetchSession(asked: { renew?: true }): Promise<SessionAnswer> {
  const guest = await recallGuest()
  const response = await fetch(pathOf({ to: 'api', path: 'session' }), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, ...(guest?.recovery ? { recovery: guest.recovery } : {}) }),
  })
  if (response.status === 401) throw new SessionEnded()
  if (!response.ok) throw await refusalOf(response)
  const answer = v.parse(sessionSchema, await response.json())
  await rememberGuest({ userId: answer.user.userId, recovery: answer.recovery })
  return answer
}

/** Returns the error for a refused session. Keeps the server's refusal, so that the page has a sentence for it. */
async function refusalOf(response: Response): Promise<Error> {
  const refusal = v.safeParse(refusalSchema, await response.json().catch(() => null))
  return refusal.success
    ? new RefusedRequest(refusal.output)
    : new Error(`no session: the server answered ${response.status}`)
}

/** Saves the user's name ('' for the generated guest name) and hue. Throws if they were not saved. */
export async function saveProfile(name: string, hue: number): Promise<Identity> {
  const response = await fetch(pathOf({ to: 'api', path: 'session/profile' }), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, hue }),
  })
  if (!response.ok) throw new Error(`name not saved: the server answered ${response.status}`)
  return v.parse(savedProfileSchema, await response.json()).user
}
