import type * as Y from 'yjs'
import {
  chainToHex,
  decodeEntries,
  decodeUpdates,
  EMPTY_CHAIN,
  ENTRY_BODY_UPDATE,
  NO_CHAIN,
  type Row,
} from '#lib/protocol/log-row.ts'
import type { HistoryBody } from '#lib/protocol/messages/history.ts'
import type { BatchNumber, SealedBatch, StoredReplica } from '../replica/replica-store.ts'
import type { ReplicaWriter } from '../replica/replica-writer.ts'
import type { Incoming } from './incoming.ts'
import { RowOrder } from './row-order.ts'

export interface HistoryIntakeOptions {
  readonly doc: Y.Doc
  readonly incoming: Incoming
  readonly writer: ReplicaWriter
}

/**
 * Applies rows of the log to the Y.Doc and the replica, in order and each once. Passes on what applying them, or an
 * observer of the Y.Doc, throws; then the Y.Doc may lack some of them.
 */
export class HistoryIntake {
  readonly #options: HistoryIntakeOptions
  readonly #order = new RowOrder()

  constructor(options: HistoryIntakeOptions) {
    this.#options = options
  }

  /** Rows arrived from beyond a gap; those before them are missing. */
  get hasHole(): boolean {
    return this.#order.hasHole
  }

  /** The last row of the contiguous run; 0 if there is none. */
  get seq(): number {
    return this.#order.cursor?.seq ?? 0
  }

  /** The row the Y.Doc has reached; null while there are gaps or edits are held back. */
  get standing(): number | null {
    const { cursor, hasHole } = this.#order
    return cursor && !hasHole && this.#options.incoming.isEmpty ? cursor.seq : null
  }

  /**
   * Returns the position to claim in a join, or null for none. For an `exchange` the chain is one the server must
   * reject.
   */
  claim(exchange: boolean): { readonly seq: number; readonly chain: string } | null {
    const { cursor } = this.#order
    return cursor && { seq: cursor.seq, chain: exchange ? NO_CHAIN : chainToHex(cursor.chain) }
  }

  /** Drops rows from beyond a gap at the start of a join, because they are sent again. */
  dropAhead(): void {
    this.#order.dropAhead()
  }

  /** Applies what this browser holds, its unsent batches included. Returns false if it holds no history. */
  applyStored({ state, rows, outbox }: StoredReplica): boolean {
    const held = rows.flatMap((row) =>
      decodeEntries(row.entries).flatMap((entry) => (entry.kind === ENTRY_BODY_UPDATE ? entry.updates : [])),
    )
    this.#options.incoming.apply([...(state ? [state.update] : []), ...held, ...this.#updatesIn(outbox)])
    // Moved only now: the server sends again what could not be read.
    const last = rows.at(-1) ?? state
    if (last) this.#order.moveTo(last)
    return last !== null
  }

  /**
   * Applies a history: from its snapshot, from the beginning (`fromStart`), or after the cursor. Returns the
   * batches its rows contain.
   */
  applyHistory({ snapshot, rows }: HistoryBody, fromStart: boolean): readonly BatchNumber[] {
    const { incoming, writer } = this.#options
    if (snapshot) {
      incoming.apply([snapshot.state])
      this.#order.moveTo(snapshot)
      writer.replace({ seq: snapshot.seq, chain: snapshot.chain, update: snapshot.state })
    } else if (fromStart) {
      this.#order.moveTo({ seq: 0, chain: EMPTY_CHAIN })
      writer.replace(null)
    }
    return this.applyRows(rows)
  }

  /**
   * Applies rows in any order, skipping known ones. `live` rows may wait for the next frame. Returns the batches
   * they contain.
   */
  applyRows(rows: readonly Row[], live = false): readonly BatchNumber[] {
    const { doc, incoming, writer } = this.#options
    const next = this.#order.admit(rows)
    if (next.length === 0) return []
    const updates: Uint8Array[] = []
    const committed: BatchNumber[] = []
    for (const { clientId, n, kind, ...entry } of next.flatMap((row) => decodeEntries(row.entries))) {
      committed.push({ clientId, n })
      if (kind === ENTRY_BODY_UPDATE && clientId !== doc.clientID) updates.push(...entry.updates)
    }
    if (live) incoming.applySoon(updates)
    else incoming.apply(updates)
    writer.append(next)
    return committed
  }

  /** Applies the updates in batches, except those sealed with this Y.Doc. */
  applyBatches(batches: readonly SealedBatch[]): void {
    this.#options.incoming.apply(this.#updatesIn(batches))
  }

  #updatesIn(batches: readonly SealedBatch[]): Uint8Array[] {
    const others = batches.filter(({ clientId }) => clientId !== this.#options.doc.clientID)
    return others.flatMap(({ payload }) => decodeUpdates(payload))
  }
}
