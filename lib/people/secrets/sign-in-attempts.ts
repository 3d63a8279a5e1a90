import { createHash } from 'node:crypto'
import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { RateKeys, RateName, Rates } from '#lib/process/rates.ts'
import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { DeviceCookie } from './device-cookie.ts'
import type { Turn } from './password-work.ts'

export interface SignInAttemptsPorts {
  readonly rates: Pick<Rates, 'take' | 'giveBack'>
  readonly clientIps: Pick<ClientIps, 'placeOf' | 'keyOf'>
  readonly devices: Pick<DeviceCookie, 'deviceOf'>
}

/** One attempt that may be made. `turn`: its place among the hashes. */
export interface SignInAttempt {
  readonly turn: Turn
  readonly taken: readonly Taken[]
}

type Taken = readonly [name: RateName, keys: RateKeys]

/**
 * Limits attempts at passwords of accounts (docs/decisions/0055-failed-sign-ins.md). A browser that has signed in to
 * the account before has a bucket of its own; attempts of others are counted for the account and their place. So
 * failures of strangers block neither the owner's browsers nor the account everywhere.
 */
export class SignInAttempts {
  readonly #ports: SignInAttemptsPorts

  constructor(ports: SignInAttemptsPorts) {
    this.#ports = ports
  }

  /** Counts one attempt. `userId`: the account's user, null if there is none. Throws RefusedRequest if it must wait. */
  begin(headers: Headers, email: string, userId: string | null): SignInAttempt {
    const { rates, clientIps, devices } = this.#ports
    const device = userId === null ? null : devices.deviceOf(headers, userId)
    const { place, isCertain } = clientIps.placeOf(headers)
    const known: Taken[] = [['devices', { session: `${device} ${userId}`, ip: '' }]]
    const account = hashOf(email.toLowerCase())
    const strange: Taken[] = [
      ['logins', { session: `${account} ${place}`, ip: '' }],
      // A forged place must not begin anew each time.
      ...(isCertain ? [] : [['strangers', { session: account, ip: '' }] as const]),
    ]
    const taken = device === null ? strange : known
    if (device === null) {
      // Counted for the IP address whatever comes of it: this limits the number of hashes.
      const wait = rates.take('logins', { ip: clientIps.keyOf(headers.get(CLIENT_HEADER) ?? '') })
      if (wait > 0) throw tooMany(wait)
    }
    for (const [i, [name, keys]] of taken.entries()) {
      const wait = rates.take(name, keys)
      if (wait === 0) continue
      giveBack(rates, taken.slice(0, i))
      throw tooMany(wait)
    }
    return { turn: { key: device ?? place, isKnown: device !== null }, taken }
  }

  /** Records that the password was right, which costs nothing. */
  succeeded({ taken }: SignInAttempt): void {
    giveBack(this.#ports.rates, taken)
  }
}

function giveBack(rates: Pick<Rates, 'giveBack'>, taken: readonly Taken[]): void {
  for (const [name, keys] of taken) rates.giveBack(name, keys)
}

function tooMany(wait: number): RefusedRequest {
  return new RefusedRequest(
    refuse('rate-limited', 'too many attempts at this account; try again later', wait),
  )
}

/** E-mails are unbounded, and must not be kept. */
function hashOf(email: string): string {
  return createHash('sha256').update(email).digest('base64url')
}
