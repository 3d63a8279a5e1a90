import type { Pieces } from '#lib/protocol/pieces.ts'
import { encodeHistory, type Row, type SnapshotBody } from '#lib/protocol/wire.ts'
import type { DocumentStore } from '../document-store.ts'

interface Cached {
  readonly snapshot: Promise<SnapshotBody | null>
  /** The history as it was last put together: fifty joins at once are encoded once. */
  history: { readonly headSeq: number; readonly encoded: Pieces } | null
  bytes: number
}

/**
 * Snapshots as read from the store, and the histories made of them, within one bound over all documents.
 * What was used least recently goes first.
 */
export class SnapshotCache {
  readonly #store: Pick<DocumentStore, 'readSnapshot'>
  readonly #maxBytes: number
  /** By document; the most recently used last. */
  readonly #cached = new Map<string, Cached>()
  #bytes = 0

  constructor(store: Pick<DocumentStore, 'readSnapshot'>, maxBytes: number) {
    this.#store = store
    this.#maxBytes = maxBytes
  }

  /**
   * Encoded HistoryBody of a document's snapshot and the rows after it. `rowsAfter` answers null when they are no
   * longer kept: a newer snapshot was written meanwhile, and is read. Rejects with what the store rejects with.
   */
  async history(
    documentId: string,
    headSeq: () => number,
    rowsAfter: (seq: number) => readonly Row[] | null,
  ): Promise<Pieces> {
    for (;;) {
      const cached = this.#cached.get(documentId) ?? this.#read(documentId)
      const snapshot = await cached.snapshot
      this.#touch(documentId, cached)
      if (cached.history?.headSeq === headSeq()) return cached.history.encoded
      const rows = rowsAfter(snapshot?.seq ?? 0)
      if (!rows) {
        this.forget(documentId, cached)
        continue
      }
      const encoded = encodeHistory({ snapshot, rows })
      cached.history = { headSeq: headSeq(), encoded }
      this.#weigh(documentId, cached, encoded.length)
      return encoded
    }
  }

  /** A newer snapshot was written, or the document is no longer open. */
  forget(documentId: string, only?: Cached): void {
    const cached = this.#cached.get(documentId)
    if (!cached || (only && only !== cached)) return
    this.#cached.delete(documentId)
    this.#bytes -= cached.bytes
  }

  #read(documentId: string): Cached {
    const cached: Cached = { snapshot: this.#store.readSnapshot(documentId), history: null, bytes: 0 }
    this.#cached.set(documentId, cached)
    cached.snapshot.catch(() => this.forget(documentId, cached))
    return cached
  }

  #touch(documentId: string, cached: Cached): void {
    if (this.#cached.get(documentId) !== cached) return
    this.#cached.delete(documentId)
    this.#cached.set(documentId, cached)
  }

  #weigh(documentId: string, cached: Cached, bytes: number): void {
    if (this.#cached.get(documentId) !== cached) return
    this.#bytes += bytes - cached.bytes
    cached.bytes = bytes
    for (const oldest of this.#cached.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.forget(oldest)
    }
  }
}
