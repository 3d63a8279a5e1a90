import * as v from 'valibot'
import { recallGuest, rememberGuest } from '../client/guest-memory.ts'
import { identitySchema, type SessionAnswer, sessionSchema } from '../protocol/events.ts'
import type { Identity } from '../protocol/identity.ts'
import { pathOf } from '../protocol/urls.ts'

const savedProfileSchema = v.object({ user: identitySchema })

/** A token is fetched anew when less than this of its life is left, ms. */
const RENEW_BEFORE = 60_000

/** The token for the socket, and who it says we are: fetched when needed, shared by callers at the same time. */
export class SocketToken {
  #answer: SessionAnswer | null = null
  #fetching: Promise<SessionAnswer> | null = null
  #isAccount = false

  /** Who we were when it was fetched last had an account. */
  get isAccount(): boolean {
    return this.#isAccount
  }

  /** The token in hand is worth nothing any more: the next one is fetched. */
  forget(): void {
    this.#answer = null
  }

  /** A session that has a usable token. Throws when the server cannot be reached or refuses; repeating is harmless. */
  async session(): Promise<SessionAnswer> {
    if (this.#answer && this.#answer.expiresAt - Date.now() > RENEW_BEFORE) return this.#answer
    this.#fetching ??= fetchSession().finally(() => {
      this.#fetching = null
    })
    this.#answer = await this.#fetching
    this.#isAccount = this.#answer.recovery === null
    return this.#answer
  }
}

async function fetchSession(): Promise<SessionAnswer> {
  const guest = await recallGuest()
  const response = await fetch(pathOf({ to: 'api', path: 'session' }), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(guest?.recovery ? { recovery: guest.recovery } : {}),
  })
  if (!response.ok) throw new Error(`no session: the server answered ${response.status}`)
  const answer = v.parse(sessionSchema, await response.json())
  await rememberGuest({ userId: answer.user.userId, recovery: answer.recovery })
  return answer
}

/** Sets one's name ('' for the friendly guest name) and hue. Throws when it was not kept. */
export async function saveProfile(name: string, hue: number): Promise<Identity> {
  const response = await fetch(pathOf({ to: 'api', path: 'session/profile' }), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, hue }),
  })
  if (!response.ok) throw new Error(`name not saved: the server answered ${response.status}`)
  return v.parse(savedProfileSchema, await response.json()).user
}
