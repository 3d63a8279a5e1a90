import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { DocumentSync } from '#lib/client/document-sync.ts'
import { refuse } from '#lib/protocol/errors.ts'
import { EMPTY_CHAIN, encodeEntries } from '#lib/protocol/log-row.ts'
import { encodeHistory } from '#lib/protocol/messages/history.ts'
import type { Joined } from '#lib/protocol/messages/join.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const JOINED: Joined = {
  ok: true,
  room: 1,
  documentId: 'document',
  lineage: 'lineage',
  role: 'editor',
  schemaVersion: 1,
  member: 1,
  self: { userId: 'ada', name: '', guestName: 1, hue: 1 },
  acknowledged: 0,
  mode: 'tail',
  chunked: 0,
  vector: '',
  pingInterval: 10_000,
  pingTimeout: 30_000,
}
const row = (seq: number) => ({ seq, chain: EMPTY_CHAIN, entries: encodeEntries([]) })

test('[PULL1] what is missing is asked for again when the server was too busy to answer, after the time it said', async () => {
  const clock = new VirtualClock(() => 0.5)
  const pulls: number[] = []
  const sync = new DocumentSync({
    doc: new Y.Doc(),
    address: 'A'.repeat(32),
    store: null,
    clock,
    created: false,
    changed: () => undefined,
  })
  await clock.advance(0)
  sync.connected({
    join: async () => ({ answer: JOINED, history: encodeHistory({ snapshot: null, rows: [] }).whole() }),
    pull: async ({ seq }) => {
      pulls.push(seq)
      if (pulls.length === 1) return { answer: refuse('rate-limited', 'later', 2500), history: null }
      const history = encodeHistory({ snapshot: null, rows: [row(1), row(2)] }).whole()
      return { answer: { ok: true, chunked: 0 }, history }
    },
    compare: async () => ({ answer: { ok: true, verdict: 'same' } }),
    update: () => undefined,
    leave: () => undefined,
  })
  await clock.advance(0)
  sync.receiveRow({ room: 1, ...row(2) })
  await clock.advance(2499)
  expect(pulls).toEqual([0])
  await clock.advance(1)
  expect(pulls).toEqual([0, 0])
  sync.receiveRow({ room: 1, ...row(3) })
  await clock.advance(60_000)
  expect(pulls).toHaveLength(2)
  await sync.destroy()
})
