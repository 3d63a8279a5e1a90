import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { PasswordWork } from '#lib/people/secrets/password-work.ts'
import type { RateKeys, RateName, Rates } from '#lib/process/rates.ts'
import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'

export interface LinkPasswordsPorts {
  readonly passwords: Pick<PasswordWork, 'matches'>
  readonly rates: Pick<Rates, 'take' | 'giveBack'>
}

/** An attempt at the password of a link. `place`: as in `ClientIps.placeOf`. */
export interface LinkAttempt {
  readonly linkId: string
  readonly userId: string
  readonly place: string
  readonly password: string
}

/** The number of right passwords that are remembered, by a hash. */
const REMEMBERED = 1000

/**
 * Checks passwords of links (docs/decisions/0055-failed-sign-ins.md). Wrong ones are counted for the user, for the
 * link and the place, and for the link alone: a new guest, or a new IP address, does not begin anew. Right ones are
 * not counted, and a class that enters the same password costs one hash.
 */
export class LinkPasswords {
  readonly #ports: LinkPasswordsPorts
  readonly #right = new LRUCache<string, true>({ max: REMEMBERED })
  readonly #checking = new Map<string, Promise<boolean>>()

  constructor(ports: LinkPasswordsPorts) {
    this.#ports = ports
  }

  /** Returns true if the password has this hash. Throws RefusedRequest after too many wrong ones. */
  async isRight(attempt: LinkAttempt, hash: string): Promise<boolean> {
    const { linkId, userId, place, password } = attempt
    const key = createHash('sha256').update(`${linkId} ${hash} ${password}`).digest('base64url')
    const checking = this.#checking.get(key)
    // The same password at the same moment, from a class: one check for all of them.
    if (checking !== undefined) return checking
    const taken = this.#take([
      ['logins', { session: userId, ip: '' }],
      ['unlocks', { session: linkId, ip: place === '' ? '' : `${linkId} ${place}` }],
    ])
    const check = this.#check(key, attempt, hash)
    this.#checking.set(key, check)
    try {
      const isRight = await check
      if (isRight) for (const [name, keys] of taken) this.#ports.rates.giveBack(name, keys)
      return isRight
    } finally {
      this.#checking.delete(key)
    }
  }

  async #check(key: string, { place, password }: LinkAttempt, hash: string): Promise<boolean> {
    if (this.#right.has(key)) return true
    const isRight = await this.#ports.passwords.matches(password, hash, { key: place, isKnown: false })
    if (isRight) this.#right.set(key, true)
    return isRight
  }

  #take(buckets: readonly (readonly [RateName, RateKeys])[]): readonly (readonly [RateName, RateKeys])[] {
    const { rates } = this.#ports
    for (const [i, [name, keys]] of buckets.entries()) {
      const wait = rates.take(name, keys)
      if (wait === 0) continue
      for (const [before, those] of buckets.slice(0, i)) rates.giveBack(before, those)
      throw new RefusedRequest(refuse('rate-limited', 'too many wrong passwords; try again later', wait))
    }
    return buckets
  }
}
