import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DocumentStore } from '#lib/collab/document-store.ts'
import type { AccessStore, DocumentCatalog } from '#lib/library/store.ts'
import { SHARED_ROLES } from '#lib/protocol/identity.ts'
import { openStore } from '#lib/storage/open-store.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { chain, compactionOf, newDocument, newRow } from './stored-values.ts'

type Both = DocumentStore & DocumentCatalog & AccessStore
type Step = (store: Both, prefix: string) => Promise<unknown>

const name = fc.constantFrom('a', 'b', 'c')
const user = fc.constantFrom('ann', 'bob')
const seq = fc.integer({ min: 1, max: 6 })
const role = fc.constantFrom(...SHARED_ROLES)
const maybeRole = fc.option(role)

/** One call of one method, rendered as text so that a failing sequence is readable. */
const step: fc.Arbitrary<[string, Step]> = fc.oneof(
  fc
    .record({ name, at: fc.integer({ min: 1, max: 9 }) })
    .map(({ name, at }): [string, Step] => [
      `create ${name} at ${at}`,
      (store, p) =>
        store.create(
          newDocument(p + name, { createdAt: at, linkId: `link ${p}${name}`, lineage: 'lineage' }),
        ),
    ]),
  {
    arbitrary: fc
      .array(fc.record({ name, seq, schemaVersion: seq, bytes: fc.integer({ min: 1, max: 40 }) }), {
        maxLength: 4,
      })
      .map((rows): [string, Step] => [
        `commit ${rows.map((row) => `${row.name}${row.seq}`)}`,
        async (store, p) => {
          const outcomes = await store.commit(
            rows.map(({ name, seq, schemaVersion, bytes }) =>
              newRow(p + name, seq, {
                schemaVersion,
                chain: chain(bytes),
                entries: new Uint8Array(bytes).fill(seq),
              }),
            ),
          )
          return outcomes.map(({ ok }) => ok)
        },
      ]),
    weight: 5,
  },
  fc.record({ name, seq, lastN: seq }).map(({ name, seq, lastN }): [string, Step] => [
    `compact ${name}${seq}`,
    (store, p) => {
      const clients = [{ clientId: lastN, userId: 'ann', lastN }]
      return store.writeCompaction(compactionOf(p + name, seq, { clients }))
    },
  ]),
  fc
    .tuple(name, seq)
    .map(([name, seq]): [string, Step] => [`trim ${name}${seq}`, (s, p) => s.trim(p + name, seq)]),
  fc
    .tuple(name, seq, fc.nat(60))
    .map(([name, seq, maxBytes]): [string, Step] => [
      `read ${name}${seq} ${maxBytes}`,
      (store, p) => store.readRows(p + name, seq - 1, maxBytes),
    ]),
  fc
    .tuple(name, user, seq)
    .map(([name, user, at]): [string, Step] => [
      `visit ${name} ${user} ${at}`,
      (store, p) =>
        store.recordVisits([{ userId: p + user, documentId: p + name, linkId: `link ${p}${name}`, at }]),
    ]),
  fc
    .tuple(name, user)
    .map(([name, user]): [string, Step] => [
      `forget ${name} ${user}`,
      (store, p) => store.forgetVisit(p + user, p + name),
    ]),
  fc.tuple(user, seq).map(([user, n]): [string, Step] => [`list ${user}`, (s, p) => s.listFor(p + user, n)]),
  fc
    .tuple(name, user)
    .map(([name, user]): [string, Step] => [
      `delete ${name} ${user}`,
      (store, p) => store.delete(p + name, user, 50),
    ]),
  fc
    .tuple(name, user)
    .map(([name, user]): [string, Step] => [
      `undelete ${name} ${user}`,
      (store, p) => store.undelete(p + name, user),
    ]),
  fc
    .tuple(name, user)
    .map(([name, user]): [string, Step] => [
      `erase ${name} ${user}`,
      (store, p) => store.erase(p + name, user),
    ]),
  fc
    .tuple(name, maybeRole)
    .map(([name, role]): [string, Step] => [
      `link role ${name} ${role}`,
      (store, p) => store.setLinkRole(p + name, role),
    ]),
  fc
    .tuple(name, role, seq)
    .map(([name, role, n]): [string, Step] => [
      `ensure ${name} ${role} ${n}`,
      (store, p) => store.ensureLinks(p + name, [{ linkId: `${role} ${n} ${p}${name}`, role }]),
    ]),
  fc.tuple(name, role, seq).map(([name, role, at]): [string, Step] => [
    `replace ${name} ${role} ${at}`,
    // Ids are never reused: this one is made of the whole sequence before it.
    async (store, p) => {
      const { links } = await store.sharing(p + name)
      const old = links.find((link) => link.role === role)?.linkId ?? `first ${role} ${p}${name}`
      await store.replaceLink(p + name, role, `${old}'`, at)
    },
  ]),
  fc
    .tuple(name, fc.option(seq), fc.option(user))
    .map(([name, expiresAt, passwordHash]): [string, Step] => [
      `change ${name} ${expiresAt} ${passwordHash}`,
      (store, p) => store.changeLink(`link ${p}${name}`, { expiresAt, passwordHash }),
    ]),
  fc
    .tuple(name, user)
    .map(([name, user]): [string, Step] => [
      `unlock ${name} ${user}`,
      (store, p) => store.unlock(p + user, `link ${p}${name}`),
    ]),
  fc
    .tuple(name, user, maybeRole, seq)
    .map(([name, user, role, at]): [string, Step] => [
      `grant ${name} ${user} ${role} ${at}`,
      (store, p) => store.grant(p + name, p + user, role, at),
    ]),
  fc
    .tuple(name, user, role, seq)
    .map(([name, user, role, at]): [string, Step] => [
      `request ${name} ${user} ${role} ${at}`,
      (store, p) => store.request(p + name, p + user, role, at),
    ]),
  fc.constant<[string, Step]>(['reopen', (store) => store.reopen()]),
  fc
    .integer({ min: 1, max: 9 })
    .map((before): [string, Step] => [
      `erase ${before}`,
      async (store, p) => (await store.eraseUntouched(before)).filter((id) => id.startsWith(p)).sort(),
    ]),
)

/** Returns the result of a step; of an error only that there was one. */
const outcome = (step: Step, store: Both, prefix: string) =>
  step(store, prefix).then(
    (value) => ({ value: value ?? null }),
    () => ({ value: 'rejected' }),
  )

const everything = async (store: Both, prefix: string) =>
  Promise.all(
    ['a', 'b', 'c'].map(async (name) => [
      await store.load(prefix + name),
      await store.readSnapshot(prefix + name),
      await store.facts([{ linkId: `link ${prefix}${name}`, userId: `${prefix}ann` }]),
      await store.sharing(prefix + name),
      await store.visitors(prefix + name, 10),
    ]),
  )

test('SQLite and the store in memory answer any sequence of calls alike', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'commonplace-store-'))
  const { documents, catalog, access, close } = await openStore({ dataDir })
  const sqlite: Both = { ...documents, ...catalog, ...access }
  let run = 0
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const memory = new MemoryStore()
        const prefix = `${run++}:`
        for (const [text, take] of steps) {
          expect(await outcome(take, sqlite, prefix), text).toEqual(await outcome(take, memory, prefix))
        }
        expect(await everything(sqlite, prefix)).toEqual(await everything(memory, prefix))
      }),
      { numRuns: 150 },
    )
  } finally {
    await close()
    await rm(dataDir, { recursive: true })
  }
})
