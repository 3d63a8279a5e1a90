import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DocumentCatalog, DocumentStore } from '#lib/collab/document-store.ts'
import { openStore } from '#lib/storage/open-store.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { chain, compactionOf, newDocument, newRow } from './contract.ts'

type Both = DocumentStore & DocumentCatalog
type Step = (store: Both, prefix: string) => Promise<unknown>

const name = fc.constantFrom('a', 'b', 'c')
const user = fc.constantFrom('ann', 'bob')
const seq = fc.integer({ min: 1, max: 6 })

/** One call of one method, rendered as text so that a failing sequence can be read. */
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
      (store, p) => store.recordVisit(p + user, p + name, `link ${p}${name}`, at),
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
  fc.constant<[string, Step]>(['reopen', (store) => store.reopen()]),
  fc
    .integer({ min: 1, max: 9 })
    .map((before): [string, Step] => [
      `erase ${before}`,
      async (store, p) => (await store.eraseUntouched(before)).filter((id) => id.startsWith(p)).sort(),
    ]),
)

/** What a step brings; of an error only that there was one. */
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
      await store.resolveLink(`link ${prefix}${name}`),
    ]),
  )

test('whatever is asked of them, SQLite and the store in memory answer alike', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'commonplace-store-'))
  const { documents, catalog, close } = await openStore({ dataDir })
  const sqlite: Both = { ...documents, ...catalog }
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
