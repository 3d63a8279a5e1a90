import { equalBytes } from '#lib/protocol/body.ts'
import { chainAfter, type Row } from '#lib/protocol/log-row.ts'
import type { History, ReplicaSchema } from './replica-database.ts'
import type { SealedBatch, StoredReplica } from './replica-store.ts'
import { chainHash, unbrokenRun } from './unbroken-run.ts'

/*
 * The records of a document in the object stores of replica-database.ts: their keys, their form, and which of them
 * are sound.
 */

/** The document behind an address. Both fields are '' before the first join. */
export type Bound = Pick<StoredReplica, 'documentId' | 'lineage'>

export function historyOf(address: string, bound: Bound): History {
  return bound.documentId === '' ? `/${address}` : `${bound.documentId}/${bound.lineage}`
}

/** Returns the range of all keys that begin with the history. Arrays sort after numbers and strings. */
export function within(history: History): IDBKeyRange {
  return IDBKeyRange.bound([history], [history, []])
}

/**
 * Returns the undamaged part of a replica. A state with a wrong digest is dropped, and with it the rows that follow
 * it.
 */
export function undamaged(
  state: ReplicaSchema['states']['value'] | undefined,
  rows: readonly Row[],
): Pick<StoredReplica, 'state' | 'rows'> {
  if (!state) return { state: null, rows: unbrokenRun(null, rows) }
  const { seq, chain, update, digest } = state
  if (!equalBytes(digest, digestOf({ seq, chain, update }))) return { state: null, rows: [] }
  return { state: { seq, chain, update }, rows: unbrokenRun(state, rows) }
}

/** Separates waiting batches from those set aside. */
export function apart(
  stored: readonly (SealedBatch & { aside?: boolean })[],
): [outbox: SealedBatch[], draft: SealedBatch[]] {
  return [oldestFirst(stored.filter(({ aside }) => !aside)), oldestFirst(stored.filter(({ aside }) => aside))]
}

/** Sorts batches by age, but a client's own batches always by `n`, because clocks may be set back. */
function oldestFirst(stored: readonly SealedBatch[]): SealedBatch[] {
  const latest = new Map<number, number>()
  return [...stored]
    .sort((a, b) => a.clientId - b.clientId || a.n - b.n)
    .map(({ clientId, n, at, restore, payload, orphaned }) => {
      const age = Math.max(at, latest.get(clientId) ?? at)
      latest.set(clientId, age)
      const batch = { clientId, n, at, restore, payload, ...(orphaned === undefined ? {} : { orphaned }) }
      return { age, batch }
    })
    .sort((a, b) => a.age - b.age)
    .map(({ batch }) => batch)
}

/** Returns bytes with a buffer of their own. The database would store the whole buffer of a view. */
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
