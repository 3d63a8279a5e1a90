import { createHash } from 'node:crypto'
import { CLIENT_HEADER, type ClientIps } from '#lib/process/client-ip.ts'
import type { Rates } from '#lib/process/rates.ts'
import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Accounts } from './accounts.ts'
import type { AccountOutcome, AccountProblem, AccountServices } from './contract.ts'
import type { KeptSession } from './cookie-sessions.ts'
import type { FirstAdmin } from './first-admin.ts'
import { sessionOfToken } from './identities.ts'
import type { OidcSignIn } from './oidc-sign-in.ts'
import type { Person } from './person.ts'
import type { ResetLinks } from './reset-links.ts'
import type { ShownOnce } from './shown-once.ts'

export interface AccountPorts {
  readonly accounts: Accounts
  readonly tokens: AccessTokens
  readonly resets: ResetLinks
  readonly firstAdmin: FirstAdmin
  /** null: passwords only. */
  readonly oidc: OidcSignIn | null
  readonly shown: ShownOnce
  readonly rates: Pick<Rates, 'take'>
  readonly clientIps: ClientIps
  /** Shows a person's new name wherever they are present. */
  readonly showPerson: (person: Person) => void
  /** Closes the sockets of a session that is over. */
  readonly endSockets: (ended: { readonly sessionId: string }) => void
}

/** The services for people's accounts. What each method promises stands at the interface. */
export function accountServices(ports: AccountPorts): AccountServices {
  const { accounts, tokens, resets, firstAdmin, oidc, shown } = ports

  const resetUser = async (token: string) => {
    const userId = resets.userIn(token)
    const known = userId === null ? null : await accounts.knownOf(userId)
    if (!known || known.standing === 'guest') return null
    const isRight = resets.isRight(token, await accounts.passwordHashOf(known.person.userId))
    return isRight ? known : null
  }

  return {
    providerName: oidc?.name ?? null,
    signUp: async (headers, given) => outcomeOf(await accounts.signUp(headers, given)),
    async signIn(headers, given) {
      // By account and place, so that a stranger elsewhere locks nobody out. An e-mail may be long, and is nobody's business.
      const place = `${given.email.toLowerCase()} ${ports.clientIps.keyOf(headers.get(CLIENT_HEADER) ?? '')}`
      const session = createHash('sha256').update(place).digest('base64url')
      const wait = ports.rates.take('logins', { session, ip: '' })
      if (wait > 0) {
        throw new RefusedRequest(
          refuse('rate-limited', 'too many attempts at this account; try again later', wait),
        )
      }
      return outcomeOf(await accounts.signIn(headers, given))
    },
    beginProvider: async () => oidc && (await oidc.begin()),
    async endProvider(headers, query) {
      if (!oidc) return { ok: false, problem: 'failed' }
      const proven = await oidc.end(headers, query)
      if (typeof proven === 'string') return { ok: false, problem: proven }
      const outcome = outcomeOf(await accounts.signInProven(headers, proven))
      return outcome.ok ? { ok: true, setCookies: [oidc.clearedCookie(), ...outcome.setCookies] } : outcome
    },
    signOut: (headers) => accounts.signOut(headers),
    async overview({ user, sessionId }) {
      const known = await accounts.knownOf(user.userId)
      if (!known) throw new Error('a session without a user')
      return {
        email: known.email,
        hasPassword: (await accounts.passwordHashOf(user.userId)) !== null,
        tokens: await tokens.list(user.userId),
        madeToken: shown.take(sessionId, 'access token'),
      }
    },
    async rename({ user }, name) {
      const hue = (await accounts.knownOf(user.userId))?.person.hue ?? null
      ports.showPerson(await accounts.setProfile(user.userId, { name, hue }))
    },
    async changePassword({ user }, current, next) {
      return outcomeOf((await accounts.changePassword(user.userId, current, next)) ?? 'wrong')
    },
    async resetTarget(token) {
      return (await resetUser(token))?.email ?? null
    },
    async resetPassword(token, password) {
      const known = await resetUser(token)
      if (!known) return { ok: false, problem: 'link' }
      await accounts.setPassword(known.person.userId, password)
      return { ok: true, setCookies: [] }
    },
    async makeToken({ user, sessionId }, wanted) {
      const token = await tokens.make(user.userId, wanted)
      if (token !== null) shown.keep(sessionId, 'access token', token)
      return token !== null
    },
    async revokeToken({ user }, id) {
      await tokens.revoke(user.userId, id)
      ports.endSockets({ sessionId: sessionOfToken(id) })
    },
    mayBeFirstAdmin: (token) => firstAdmin.isRight(token),
    async beFirstAdmin(headers, token, given) {
      // Taken first: of two who have the link one becomes it.
      if (!firstAdmin.use(token)) return { ok: false, problem: 'link' }
      let kept: KeptSession | AccountProblem = 'failed'
      try {
        const before = await accounts.sessionOf(headers)
        kept = given
          ? await accounts.signUp(headers, given)
          : before && before.standing !== 'guest'
            ? before
            : 'wrong'
        if (typeof kept !== 'string') await accounts.setAdmin(kept.person.userId, true)
      } finally {
        if (typeof kept === 'string') firstAdmin.putBack(token)
      }
      return outcomeOf(kept)
    },
  }
}

function outcomeOf(result: KeptSession | AccountProblem): AccountOutcome {
  return typeof result === 'string'
    ? { ok: false, problem: result }
    : { ok: true, setCookies: result.setCookies }
}
