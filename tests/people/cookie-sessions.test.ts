import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CookieSessions } from '#lib/people/cookie-sessions.ts'
import { Users } from '#lib/people/users.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'

const HOUR = 60 * 60 * 1000
const LIFE = 400 * 24 * HOUR

let dataDir: string
let store: Store
let now = Date.parse('2031-05-06T07:08:09.000Z')
let users: Users
let sessions: CookieSessions

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-sessions-'))
  store = await openStore({ dataDir })
  users = new Users(store.accounts, () => now)
  sessions = new CookieSessions({
    database: store.accounts,
    secret: 'a secret of more than thirty-two characters',
    publicOrigin: 'http://127.0.0.1:3000',
    now: () => now,
  })
})
afterAll(async () => {
  await store.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** A session in the model. `expiresAt`: ms since the epoch. */
interface Modelled {
  readonly userId: string
  readonly sessionId: string
  readonly headers: Headers
  expiresAt: number
}

const headersOf = (setCookies: readonly string[]) =>
  new Headers({ cookie: setCookies.map((each) => each.split(';', 1)[0]).join('; ') })

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom('begin', 'end all', 'disable', 'enable'), user: fc.nat(1) }),
    fc.record({ do: fc.constantFrom('find', 'renew', 'end'), session: fc.nat(5) }),
    fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 23, 24, 24 * 399, 24 * 400) }),
  ),
  { maxLength: 25 },
)

test('in any order of events, a cookie is its session until that has ended', async () => {
  const tokens = new Set<string>()
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const userIds = [await users.createGuest(), await users.createGuest()]
      const disabled = new Set<string>()
      let kept: Modelled[] = []
      const isAlive = (session: Modelled) => kept.includes(session) && session.expiresAt > now
      const begun: Modelled[] = []
      for (const step of taken) {
        if ('hours' in step) now += step.hours * HOUR
        else if ('user' in step) {
          const userId = userIds[step.user] ?? ''
          if (step.do === 'begin') {
            const session = await sessions.begin(userId)
            expect(session === null).toBe(disabled.has(userId))
            if (!session) continue
            const headers = headersOf(session.setCookies)
            const token = headers.get('cookie') ?? ''
            expect(tokens).not.toContain(token)
            tokens.add(token)
            const modelled = { userId, sessionId: session.sessionId, headers, expiresAt: now + LIFE }
            kept.push(modelled)
            begun.push(modelled)
          } else if (step.do === 'end all') {
            await sessions.endAllOf(userId)
            kept = kept.filter((each) => each.userId !== userId)
          } else {
            await users.setDisabled(userId, step.do === 'disable')
            if (step.do === 'disable') disabled.add(userId)
            else disabled.delete(userId)
          }
        } else {
          const session = begun[step.session]
          if (!session) continue
          if (step.do === 'end') {
            await sessions.end(session.sessionId)
            kept = kept.filter((each) => each !== session)
            continue
          }
          const isFound = isAlive(session) && !disabled.has(session.userId)
          const isDue = step.do === 'renew' && session.expiresAt - LIFE + 24 * HOUR <= now
          const found = await (step.do === 'renew'
            ? sessions.findAndRenew(session.headers)
            : sessions.find(session.headers))
          expect(found?.sessionId ?? null).toBe(isFound ? session.sessionId : null)
          if (!found) continue
          expect(found.profile.userId).toBe(session.userId)
          expect(found.setCookies).toHaveLength(isDue ? 1 : 0)
          if (!isDue) continue
          session.expiresAt = now + LIFE
          expect(headersOf(found.setCookies).get('cookie')).toBe(session.headers.get('cookie'))
        }
        for (const session of begun) {
          const { sessionId, userId } = session
          expect(await sessions.isAlive(sessionId, userId)).toBe(isAlive(session))
          expect(await sessions.isAlive(sessionId, userIds.find((id) => id !== userId) ?? '')).toBe(false)
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('a session that ends while it is renewed stays ended', async () => {
  const userId = await users.createGuest()
  const begun = await sessions.begin(userId)
  now += 48 * HOUR
  const [renewed] = await Promise.all([
    sessions.findAndRenew(headersOf(begun?.setCookies ?? [])),
    sessions.end(begun?.sessionId ?? ''),
  ])
  expect(renewed).toBeNull()
  expect(await sessions.isAlive(begun?.sessionId ?? '', userId)).toBe(false)
})

test('a user who is gone gets no session', async () => {
  expect(await sessions.begin('nobody')).toBeNull()
})
