import { foldRows } from '#lib/client/replica/replica-fold.ts'
import {
  type ReplicaStore,
  ReplicaStoreError,
  type SealedBatch,
  type StoredReplica,
} from '#lib/client/replica/replica-store.ts'
import { unbrokenRun } from '#lib/client/replica/unbroken-run.ts'
import type { Row } from '#lib/protocol/log-row.ts'

interface Replica {
  readonly documentId: string
  readonly lineage: string
  state: StoredReplica['state']
  rows: Map<number, Row>
  outbox: SealedBatch[]
  draft: SealedBatch[]
}

interface Tab {
  readonly seen: Map<string, Replica>
  readonly listeners: Set<{ address: string; call: () => void }>
  readonly wiped: Set<() => void>
}

/**
 * One browser's local copies for one user, in memory; every `open()` is a tab. The simplest implementation of the
 * port replica-store.ts: simulations run on it, and the model test compares the IndexedDB store with it.
 */
export class MemoryReplicas {
  readonly #tabs = new Set<Tab>()
  #documentOf = new Map<string, string>()
  #current = new Map<string, Replica>()
  /** Batches by address while their document is unknown, and batches of abandoned lineages. */
  #replicas = new Map<string, Replica>()
  /** If set, every write rejects with it. */
  failure: ReplicaStoreError | null = null
  readonly #compactRows: number

  constructor(compactRows = 500) {
    this.#compactRows = compactRows
  }

  open(): ReplicaStore {
    const tab: Tab = { seen: new Map(), listeners: new Set(), wiped: new Set() }
    this.#tabs.add(tab)
    const alive = (): void => {
      if (!this.#tabs.has(tab)) throw new ReplicaStoreError('failed', 'closed')
    }
    const writable = (): void => {
      alive()
      if (this.failure) throw this.failure
    }
    const of = (address: string): Replica => tab.seen.get(address) ?? this.#stored(address)
    const bound = (address: string): Replica => {
      const replica = of(address)
      if (replica.documentId === '') throw new ReplicaStoreError('failed', 'not bound')
      return replica
    }
    const isCurrent = (replica: Replica): boolean => this.#current.get(replica.documentId) === replica

    return {
      load: async (address) => {
        alive()
        tab.seen.delete(address)
        const replica = this.#stored(address)
        if (replica.documentId !== '') tab.seen.set(address, replica)
        else if (replica.outbox.length + replica.draft.length === 0) return null
        const { documentId, lineage, state } = replica
        return {
          documentId,
          lineage,
          state,
          rows: run(replica),
          outbox: sorted(replica.outbox),
          draft: sorted(replica.draft),
        }
      },
      bind: async (address, documentId, lineage) => {
        writable()
        const unbound = this.#documentOf.has(address) ? null : this.#stored(address)
        const waiting = unbound?.outbox ?? []
        const draft = unbound?.draft ?? []
        const before = this.#current.get(documentId)
        if (before && before.lineage !== lineage) {
          before.state = null
          before.rows.clear()
        }
        const replica = this.#replica(documentId, lineage)
        this.#current.set(documentId, replica)
        this.#documentOf.set(address, documentId)
        tab.seen.set(address, replica)
        if (waiting.length + draft.length === 0) return
        this.#replicas.delete(`/${address}`)
        replica.outbox = [...replica.outbox.filter((kept) => !waiting.some(same(kept))), ...waiting]
        replica.draft.push(...draft)
        this.#tell(tab, address, replica)
      },
      seal: async (address, batch) => {
        writable()
        const replica = of(address)
        if ([...replica.outbox, ...replica.draft].some(same(batch))) return
        replica.outbox.push({ ...batch, payload: batch.payload.slice() })
        this.#tell(tab, address, replica)
      },
      commit: async (address, rows, committed) => {
        writable()
        const replica = rows.length > 0 ? bound(address) : of(address)
        if (isCurrent(replica)) for (const row of rows) replica.rows.set(row.seq, copy(row))
        const done = (batch: SealedBatch): boolean =>
          committed.some(({ clientId, n }) => batch.clientId === clientId && batch.n <= n)
        this.#keep(tab, address, replica, (batch) => !done(batch))
      },
      replace: async (address, { seq, chain, update }, rows) => {
        writable()
        const replica = bound(address)
        if (!isCurrent(replica)) return
        replica.state = { seq, chain: chain.slice(), update: update.slice() }
        replica.rows = new Map(rows.map((row) => [row.seq, copy(row)]))
      },
      forget: async (address, clientId, n) => {
        writable()
        this.#keep(tab, address, of(address), (batch) => !same({ clientId, n })(batch))
      },
      outbox: async (address) => {
        alive()
        return sorted(of(address).outbox)
      },
      draft: async (address) => {
        alive()
        return sorted(of(address).draft)
      },
      setAside: async (address, batches) => {
        writable()
        const replica = of(address)
        const others = (kept: SealedBatch): boolean => !batches.some(same(kept))
        replica.outbox = replica.outbox.filter(others)
        replica.draft = [...replica.draft.filter(others), ...batches]
        if (batches.length > 0) this.#tell(tab, address, replica)
      },
      takeBack: async (address) => {
        writable()
        const replica = of(address)
        if (replica.draft.length === 0) return
        replica.outbox.push(...replica.draft.splice(0))
        this.#tell(tab, address, replica)
      },
      discard: async (address) => {
        writable()
        const replica = of(address)
        if (replica.draft.splice(0).length > 0) this.#tell(tab, address, replica)
      },
      onOutboxChange: (address, listener) => {
        const entry = { address, call: listener }
        tab.listeners.add(entry)
        return () => tab.listeners.delete(entry)
      },
      compact: async (address) => {
        writable()
        const replica = of(address)
        const rows = run(replica)
        const last = rows.at(-1)
        if (!last || rows.length <= this.#compactRows) return
        const update = foldRows(replica.state?.update ?? null, rows)
        if (!update) return
        replica.state = { seq: last.seq, chain: last.chain, update }
        for (const seq of replica.rows.keys()) if (seq <= last.seq) replica.rows.delete(seq)
      },
      onWiped: (listener) => {
        tab.wiped.add(listener)
        return () => tab.wiped.delete(listener)
      },
      wipe: async () => {
        const told = [...this.#tabs].filter((other) => other !== tab).flatMap(({ wiped }) => [...wiped])
        for (const listener of told) queueMicrotask(listener)
        this.#documentOf = new Map()
        this.#current = new Map()
        this.#replicas = new Map()
        this.#tabs.clear()
      },
      close: () => {
        this.#tabs.delete(tab)
      },
    }
  }

  #stored(address: string): Replica {
    const documentId = this.#documentOf.get(address)
    return (
      (documentId === undefined ? undefined : this.#current.get(documentId)) ?? this.#replica('', '', address)
    )
  }

  #replica(documentId: string, lineage: string, address = ''): Replica {
    const key = documentId === '' ? `/${address}` : `${documentId}/${lineage}`
    const replica = this.#replicas.get(key) ?? {
      documentId,
      lineage,
      state: null,
      rows: new Map(),
      outbox: [],
      draft: [],
    }
    this.#replicas.set(key, replica)
    return replica
  }

  #keep(tab: Tab, address: string, replica: Replica, wanted: (batch: SealedBatch) => boolean): void {
    const before = replica.outbox.length + replica.draft.length
    replica.outbox = replica.outbox.filter(wanted)
    replica.draft = replica.draft.filter(wanted)
    if (replica.outbox.length + replica.draft.length === before) return
    this.#tell(tab, address, replica)
  }

  #tell(from: Tab, address: string, replica: Replica): void {
    for (const tab of this.#tabs) {
      if (tab === from) continue
      for (const entry of tab.listeners) {
        const concerns = entry.address === address || tab.seen.get(entry.address) === replica
        if (concerns) queueMicrotask(() => tab.listeners.has(entry) && entry.call())
      }
    }
  }
}

function same(a: { clientId: number; n: number }): (b: { clientId: number; n: number }) => boolean {
  return (b) => a.clientId === b.clientId && a.n === b.n
}

function copy({ seq, chain, entries }: Row): Row {
  return { seq, chain: chain.slice(), entries: entries.slice() }
}

/**
 * Returns the unbroken run of rows. Memory is not damaged, but rows of two histories do not follow on each other
 * either.
 */
function run(replica: Replica): Row[] {
  return unbrokenRun(
    replica.state,
    [...replica.rows.values()].sort((a, b) => a.seq - b.seq),
  )
}

/** Sorts by repeatedly taking the oldest of the clients' next batches. */
function sorted(outbox: readonly SealedBatch[]): SealedBatch[] {
  const queues = new Map<number, SealedBatch[]>()
  for (const batch of [...outbox].sort((a, b) => a.n - b.n || a.clientId - b.clientId)) {
    queues.set(batch.clientId, [...(queues.get(batch.clientId) ?? []), batch])
  }
  const order: SealedBatch[] = []
  while (order.length < outbox.length) {
    const heads = [...queues.values()].flatMap((queue) => queue[0] ?? [])
    const next = heads.reduce((a, b) => (a.at < b.at || (a.at === b.at && a.clientId < b.clientId) ? a : b))
    queues.get(next.clientId)?.shift()
    order.push(next)
  }
  return order
}
