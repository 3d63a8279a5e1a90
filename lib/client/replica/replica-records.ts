import { equalBytes } from '#lib/protocol/body.ts'
import { chainAfter, type Row } from '#lib/protocol/log-row.ts'
import type { History, ReplicaSchema } from './replica-database.ts'
import type { SealedBatch, StoredReplica } from './replica-store.ts'
import { chainHash, unbrokenRun } from './unbroken-run.ts'

/* What the object stores of replica-database.ts hold of a document: under which key, how it is written, what of it is sound. */

/** The document behind an address; both '' before the first join. */
export type Bound = Pick<StoredReplica, 'documentId' | 'lineage'>

export function historyOf(address: string, bound: Bound): History {
  return bound.documentId === '' ? `/${address}` : `${bound.documentId}/${bound.lineage}`
}

/** Every key that begins with the history: arrays sort above numbers and strings. */
export function within(history: History): IDBKeyRange {
  return IDBKeyRange.bound([history], [history, []])
}

/** A state whose digest is not its own is as none, and then the rows after it follow on nothing. */
export function undamaged(
  state: ReplicaSchema['states']['value'] | undefined,
  rows: readonly Row[],
): Pick<StoredReplica, 'state' | 'rows'> {
  if (!state) return { state: null, rows: unbrokenRun(null, rows) }
  const { seq, chain, update, digest } = state
  if (!equalBytes(digest, digestOf({ seq, chain, update }))) return { state: null, rows: [] }
  return { state: { seq, chain, update }, rows: unbrokenRun(state, rows) }
}

/** Separates batches that wait from those set aside. */
export function apart(
  stored: readonly (SealedBatch & { aside?: boolean })[],
): [outbox: SealedBatch[], draft: SealedBatch[]] {
  return [oldestFirst(stored.filter(({ aside }) => !aside)), oldestFirst(stored.filter(({ aside }) => aside))]
}

/** By age, but a client's own batches always by `n`: clocks may step back. */
function oldestFirst(stored: readonly SealedBatch[]): SealedBatch[] {
  const latest = new Map<number, number>()
  return [...stored]
    .sort((a, b) => a.clientId - b.clientId || a.n - b.n)
    .map(({ clientId, n, at, restore, payload }) => {
      const age = Math.max(at, latest.get(clientId) ?? at)
      latest.set(clientId, age)
      return { age, batch: { clientId, n, at, restore, payload } }
    })
    .sort((a, b) => a.age - b.age)
    .map(({ batch }) => batch)
}

/** A view would take its whole buffer into the database with it. */
export function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}

function digestOf({ seq, chain, update }: NonNullable<StoredReplica['state']>): Uint8Array {
  return chainAfter(chainHash, chain, seq, update)
}

export function ownState(
  history: History,
  { seq, chain, update }: NonNullable<StoredReplica['state']>,
): ReplicaSchema['states']['value'] {
  return { history, seq, chain: own(chain), update: own(update), digest: digestOf({ seq, chain, update }) }
}

export function ownRow(history: History, { seq, chain, entries }: Row): Row & { history: History } {
  return { history, seq, chain: own(chain), entries: own(entries) }
}

export function sameChain(
  a: { chain: Uint8Array } | null | undefined,
  b: { chain: Uint8Array } | null | undefined,
): boolean {
  return a && b ? equalBytes(a.chain, b.chain) : !a && !b
}
