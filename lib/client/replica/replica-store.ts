import { reasonOf } from '#lib/protocol/errors.ts'
import type { Row } from '#lib/protocol/log-row.ts'

/*
 * The port to this browser's copy of documents: replica (the server's rows and a local snapshot) and outbox (sealed
 * batches). `indexed-db-store.ts` implements it. Without a store the provider keeps everything in memory and says so.
 * All tabs of a user share one store. Every call is idempotent. Every rejection is a ReplicaStoreError.
 *
 * An opening (one tab) that loaded or bound an address keeps the lineage it saw then. If another tab binds a newer
 * lineage, the batches of this tab stay with the old history and its rows are not stored.
 */

/** A failure of the store. *quota*: the disk, or this site's share of it, is full. *failed*: anything else. */
export class ReplicaStoreError extends Error {
  override readonly name = 'ReplicaStoreError'
  readonly kind: 'quota' | 'failed'
  constructor(kind: 'quota' | 'failed', cause: unknown) {
    super(reasonOf(cause), { cause })
    this.kind = kind
  }
}

/** Identifies a batch by its client and its number. */
export interface BatchNumber {
  readonly clientId: number
  readonly n: number
}

/** A sealed batch, whose bytes never change. `payload` is made by encodeUpdates. */
export interface SealedBatch extends BatchNumber {
  /** When its oldest edit was made, ms since the epoch. */
  readonly at: number
  readonly restore: boolean
  readonly payload: Uint8Array
  /** Keys of the words that this batch would put back, if it was made for orphaned words (`OrphanWatch`). */
  readonly orphaned?: string
}

/**
 * The server's history as stored here: a state and the contiguous rows after it. A null state means from the
 * beginning.
 */
export interface StoredReplica {
  /** Document id and lineage are '' until the first join; until then there are only batches. */
  readonly documentId: string
  readonly lineage: string
  /** A Yjs v1 update; null if the rows begin at 1. */
  readonly state: { readonly seq: number; readonly chain: Uint8Array; readonly update: Uint8Array } | null
  /** Contiguous from `state.seq + 1` (or 1) with a valid chain. Rows after a gap or damage are not returned. */
  readonly rows: readonly Row[]
  /** The unacknowledged batches of every tab, oldest first, those of one client in order of `n`. */
  readonly outbox: readonly SealedBatch[]
  /** Batches set aside, in the same order. */
  readonly draft: readonly SealedBatch[]
}

export interface ReplicaStore {
  /**
   * Returns what this browser stores under an address, or null if the address was never joined or edited here.
   * Skips damaged records, which the next join brings again.
   */
  load(address: string): Promise<StoredReplica | null>
  /**
   * Binds an address to a document and its lineage, after a join. If the lineage differs from the stored one, the
   * replica is dropped and the outbox kept aside under the old lineage. Batches sealed before the first join belong
   * to the new lineage.
   */
  bind(address: string, documentId: string, lineage: string): Promise<void>
  /** Adds a sealed batch. Resolves when it is on this device. */
  seal(address: string, batch: SealedBatch): Promise<void>
  /**
   * Stores rows and removes the batches `<= n` of each client in `committed`, whether set aside or not, in one
   * transaction. The address must be bound if there are rows.
   */
  commit(address: string, rows: readonly Row[], committed: readonly BatchNumber[]): Promise<void>
  /**
   * Replaces the replica by this state from the server and these rows. Drops all other rows, later ones included:
   * after a restore they would belong to a discarded history, and any others are pulled again. The address must be
   * bound.
   */
  replace(
    address: string,
    state: { seq: number; chain: Uint8Array; update: Uint8Array },
    rows: readonly Row[],
  ): Promise<void>
  /** Removes batch `n` of a client, because it was sealed again under another number or is given up. */
  forget(address: string, clientId: number, n: number): Promise<void>
  /** Returns the waiting batches of every tab, oldest first. */
  outbox(address: string): Promise<readonly SealedBatch[]>
  /** Returns the batches set aside, oldest first. */
  draft(address: string): Promise<readonly SealedBatch[]>
  /** Sets batches aside, whether or not they were sealed here. They are kept for the user, and no tab sends them. */
  setAside(address: string, batches: readonly SealedBatch[]): Promise<void>
  /** Moves the batches set aside back into the outbox. */
  takeBack(address: string): Promise<void>
  /** Erases the batches set aside. */
  discard(address: string): Promise<void>
  /**
   * Calls `listener` when another tab changed this document's outbox or draft. Returns a function that unsubscribes
   * it.
   */
  onOutboxChange(address: string, listener: () => void): () => void
  /**
   * Folds the stored, undamaged rows into the state once they exceed the store's own threshold. Uses stored bytes
   * only.
   */
  compact(address: string): Promise<void>
  /** Calls `listener` when another tab erased everything. Returns a function that unsubscribes it. */
  onWiped(listener: () => void): () => void
  /** Erases everything of this user in this browser, and closes the store in all tabs. */
  wipe(): Promise<void>
  close(): void
}
