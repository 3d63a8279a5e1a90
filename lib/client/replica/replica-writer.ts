import { EMPTY_CHAIN, type Row } from '#lib/protocol/log-row.ts'
import type { Owner } from '../owner.ts'
import type { ReplicaStore } from './replica-store.ts'

/** A Yjs v1 update that holds nothing. */
const EMPTY_UPDATE = new Uint8Array([0, 0])
/** The number of rows written between two attempts to compact. */
const COMPACT_EVERY = 500

interface ServerState {
  readonly seq: number
  readonly chain: Uint8Array
  readonly update: Uint8Array
}

/** The content of one commit: rows in order, and the last committed batch of each client. */
interface Gathered {
  readonly rows: Row[]
  readonly committed: Map<number, number>
}

/** Writes what the server sent into this browser's store, in order and one write at a time. Rows gather meanwhile. */
export class ReplicaWriter {
  readonly #address: string
  readonly #store: ReplicaStore | null
  readonly #owner: Owner
  /** The content of the next commit; null if no planned commit can take more. */
  #gathered: Gathered | null = null
  #queue: Promise<void> = Promise.resolve()
  #failing = false
  #sinceCompaction = 0

  /** `owner` is told when the store starts to fail, and when it works again. */
  constructor(address: string, store: ReplicaStore | null, owner: Owner) {
    this.#address = address
    this.#store = store
    this.#owner = owner
  }

  /** The last write failed (quota exceeded, or the database is gone). */
  get failing(): boolean {
    return this.#failing
  }

  /** Notes the failure of a read, or of a write by another part. */
  failed(): void {
    this.#failing = true
    this.#owner.changed()
  }

  /** Binds the address to the document named by a join. */
  bind(documentId: string, lineage: string): void {
    this.#write((store) => store.bind(this.#address, documentId, lineage))
  }

  /** Stores rows, in order. */
  append(rows: readonly Row[]): void {
    if (this.#store && rows.length > 0) this.#gathering().rows.push(...rows)
  }

  /** Removes the batches `<= n` of a client, because they are in the log. */
  committed(clientId: number, n: number): void {
    if (!this.#store || n === 0) return
    const { committed } = this.#gathering()
    committed.set(clientId, Math.max(n, committed.get(clientId) ?? 0))
  }

  /** Removes batch `n` of a client, which is given up. */
  forget(clientId: number, n: number): void {
    this.#write((store) => store.forget(this.#address, clientId, n))
  }

  /** Replaces the replica by this state from the server; null means a history that begins empty. */
  replace(state: ServerState | null): void {
    this.#write((store) =>
      store.replace(this.#address, state ?? { seq: 0, chain: EMPTY_CHAIN, update: EMPTY_UPDATE }, []),
    )
  }

  /** Resolves when everything passed so far is written or has failed. */
  flushed(): Promise<void> {
    return this.#queue
  }

  /** Returns what the next commit will write, and plans that commit. */
  #gathering(): Gathered {
    if (this.#gathered) return this.#gathered
    const gathered: Gathered = { rows: [], committed: new Map() }
    this.#write((store) => this.#commit(store, gathered))
    this.#gathered = gathered
    return gathered
  }

  async #commit(store: ReplicaStore, gathered: Gathered): Promise<void> {
    if (this.#gathered === gathered) this.#gathered = null
    const { rows, committed } = gathered
    const batches = [...committed].map(([clientId, n]) => ({ clientId, n }))
    await store.commit(this.#address, rows, batches)
    this.#sinceCompaction += rows.length
    if (this.#sinceCompaction < COMPACT_EVERY) return
    this.#sinceCompaction = 0
    await store.compact(this.#address)
  }

  /** Runs `task` after all writes so far. Everything gathered from now on is written after it. */
  #write(task: (store: ReplicaStore) => Promise<void>): void {
    const store = this.#store
    this.#gathered = null
    if (!store) return
    this.#queue = this.#queue
      .then(() => task(store))
      .then(
        () => this.#settle(false),
        () => this.#settle(true),
      )
  }

  #settle(failing: boolean): void {
    if (failing === this.#failing) return
    this.#failing = failing
    this.#owner.changed()
  }
}
