import { EMPTY_CHAIN, type Row } from '#lib/protocol/wire.ts'
import type { ReplicaStore } from './replica-store.ts'

/** A Yjs v1 update that holds nothing. */
const EMPTY_UPDATE = new Uint8Array([0, 0])
/** Rows written between two looks whether the stored rows should be folded. */
const COMPACT_EVERY = 500

interface ServerState {
  readonly seq: number
  readonly chain: Uint8Array
  readonly update: Uint8Array
}

/** Writes what the server sent into this browser's store, in order and one write at a time; rows gather meanwhile. */
export class ReplicaWriter {
  readonly #address: string
  readonly #store: ReplicaStore | null
  readonly #onChange: () => void
  #rows: Row[] = []
  #acknowledged: { clientId: number; n: number }[] = []
  #queue: Promise<void> = Promise.resolve()
  #planned = false
  #failing = false
  #sinceCompaction = 0

  constructor(address: string, store: ReplicaStore | null, onChange: () => void) {
    this.#address = address
    this.#store = store
    this.#onChange = onChange
  }

  /** The last write was refused (quota, or the database is gone). */
  get failing(): boolean {
    return this.#failing
  }

  /** A read failed. */
  failed(): void {
    this.#failing = true
    this.#onChange()
  }

  bind(documentId: string, lineage: string): void {
    this.#write((store) => store.bind(this.#address, documentId, lineage))
  }

  /** Rows in order, and the batches they acknowledge. */
  commit(rows: readonly Row[], acknowledged: readonly { clientId: number; n: number }[]): void {
    if (!this.#store) return
    this.#rows.push(...rows)
    this.#acknowledged.push(...acknowledged)
    if (this.#planned) return
    this.#planned = true
    this.#write(async (store) => {
      this.#planned = false
      const [gathered, done] = [this.#rows, this.#acknowledged]
      this.#rows = []
      this.#acknowledged = []
      await store.commit(this.#address, gathered, done)
      this.#sinceCompaction += gathered.length
      if (this.#sinceCompaction < COMPACT_EVERY) return
      this.#sinceCompaction = 0
      await store.compact(this.#address)
    })
  }

  /** Makes the replica this state from the server; null: a history that begins empty. */
  replace(state: ServerState | null): void {
    this.#write((store) =>
      store.replace(this.#address, state ?? { seq: 0, chain: EMPTY_CHAIN, update: EMPTY_UPDATE }, []),
    )
  }

  acknowledge(clientId: number, n: number): void {
    if (n > 0) this.#write((store) => store.acknowledge(this.#address, clientId, n))
  }

  /** Resolves when everything given so far is written or has failed. */
  flushed(): Promise<void> {
    return this.#queue
  }

  #write(task: (store: ReplicaStore) => Promise<void>): void {
    const store = this.#store
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
    this.#onChange()
  }
}
