import { reasonOf } from '#lib/protocol/errors.ts'
import type { Row } from '#lib/protocol/log-row.ts'

/*
 * The port to this browser's own copy of documents: replica (the server's rows and a local snapshot) and outbox
 * (sealed batches). `indexed-db-store.ts` implements it; without it the provider keeps memory only and says so.
 * All tabs of one user share one store. Repeating any call is harmless. Every rejection is a ReplicaStoreError.
 *
 * An opening (one tab) that loaded or bound an address keeps to the lineage it then saw: when another tab binds a newer
 * lineage, this one's batches stay with the old history and its rows are not stored.
 */

/** A store that could not do it. *quota*: the disk or this site's share of it is full; *failed*: anything else. */
export class ReplicaStoreError extends Error {
  override readonly name = 'ReplicaStoreError'
  readonly kind: 'quota' | 'failed'
  constructor(kind: 'quota' | 'failed', cause: unknown) {
    super(reasonOf(cause), { cause })
    this.kind = kind
  }
}

/** A batch, identified by its client and its number there. */
export interface BatchNumber {
  readonly clientId: number
  readonly n: number
}

/** A sealed batch: its bytes never change. `payload`: made by encodeUpdates. */
export interface SealedBatch extends BatchNumber {
  /** When its oldest edit was made, ms since the epoch. */
  readonly at: number
  readonly restore: boolean
  readonly payload: Uint8Array
}

/** The server's history as held here: a state (null: from the beginning) and the contiguous run of rows after it. */
export interface StoredReplica {
  /** '' until the first join, the lineage too: then there are batches only. */
  readonly documentId: string
  readonly lineage: string
  /** A Yjs v1 update; null when the rows begin at 1. */
  readonly state: { readonly seq: number; readonly chain: Uint8Array; readonly update: Uint8Array } | null
  /** Contiguous from `state.seq + 1` (or 1) with a chain that holds; rows beyond a hole or damage are not returned. */
  readonly rows: readonly Row[]
  /** Batches without acknowledgement, of every tab, oldest first, those of one client in order of `n`. */
  readonly outbox: readonly SealedBatch[]
  /** Batches set aside, in the same order. */
  readonly draft: readonly SealedBatch[]
}

export interface ReplicaStore {
  /**
   * Returns what this browser holds under an address, or null if it was never joined or typed in here. Damaged records are
   * left out: the next join brings them again.
   */
  load(address: string): Promise<StoredReplica | null>
  /**
   * Binds an address to a document and its lineage, after a join. When the lineage differs from the stored one, the stored
   * replica goes and its outbox is kept aside under the old lineage. Batches sealed before the first join (documentId unknown) belong to it.
   */
  bind(address: string, documentId: string, lineage: string): Promise<void>
  /** Adds a sealed batch. Resolves when it is on this device. */
  seal(address: string, batch: SealedBatch): Promise<void>
  /**
   * Stores rows, and removes the batches `<= n` of each client of `committed`, set aside or not, for the log has them: in one
   * transaction. The address is bound if there are rows.
   */
  commit(address: string, rows: readonly Row[], committed: readonly BatchNumber[]): Promise<void>
  /**
   * Makes the replica exactly this state from the server and these rows. Other rows go, later ones too: after a restore they
   * would belong to a history that is no more, and what it loses otherwise is pulled again. The address is bound.
   */
  replace(
    address: string,
    state: { seq: number; chain: Uint8Array; update: Uint8Array },
    rows: readonly Row[],
  ): Promise<void>
  /** Removes the one batch `n` of a client: it was sealed again under another number, or is given up. */
  forget(address: string, clientId: number, n: number): Promise<void>
  /** Batches of every tab that wait, oldest first. */
  outbox(address: string): Promise<readonly SealedBatch[]>
  /** Batches set aside, oldest first. */
  draft(address: string): Promise<readonly SealedBatch[]>
  /** Sets batches aside, sealed here before or not: they are the user's to keep, and no tab sends them. */
  setAside(address: string, batches: readonly SealedBatch[]): Promise<void>
  /** Moves what was set aside back into the outbox. */
  takeBack(address: string): Promise<void>
  /** Erases what was set aside. */
  discard(address: string): Promise<void>
  /** Calls back when another tab changed this document's outbox or draft; returns the unsubscription. */
  onOutboxChange(address: string, listener: () => void): () => void
  /** Folds the stored, undamaged rows into the state when they have grown past the store's own threshold. Works on stored bytes only. */
  compact(address: string): Promise<void>
  /** Calls back when another tab erased everything; returns the unsubscription. */
  onWiped(listener: () => void): () => void
  /** Erases everything of this user in this browser and closes the store, in other tabs too. */
  wipe(): Promise<void>
  close(): void
}
