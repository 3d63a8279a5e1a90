import { LRUCache } from 'lru-cache'
import type { ByteList } from '#lib/protocol/byte-list.ts'
import type { Row } from '#lib/protocol/log-row.ts'
import { encodeHistory, type SnapshotBody } from '#lib/protocol/messages/history.ts'
import type { DocumentStore } from '../document-store.ts'

interface Cached {
  readonly snapshot: Promise<SnapshotBody | null>
  /** The last encoded history, so that fifty joins in a row encode it once. */
  history: { readonly headSeq: number; readonly encoded: ByteList } | null
}

/**
 * Keeps snapshots read from the store, and the histories made of them, within one limit in bytes over all documents.
 * Evicts the least recently used.
 */
export class SnapshotCache {
  readonly #store: Pick<DocumentStore, 'readSnapshot'>
  /** Entries by document id. The size of an entry is the bytes of its history, or 1 before there is one. */
  readonly #cached: LRUCache<string, Cached>

  constructor(store: Pick<DocumentStore, 'readSnapshot'>, maxBytes: number) {
    this.#store = store
    this.#cached = new LRUCache({ maxSize: maxBytes })
  }

  /**
   * Returns the encoded HistoryBody of a document's snapshot and the rows after it. `rowsAfter` returns null if
   * they are no longer kept; a newer snapshot was then written in the meantime, and is read. Rejects as the store
   * does.
   */
  async history(
    documentId: string,
    headSeq: () => number,
    rowsAfter: (seq: number) => readonly Row[] | null,
  ): Promise<ByteList> {
    for (;;) {
      const cached = this.#cached.get(documentId) ?? this.#read(documentId)
      const snapshot = await cached.snapshot
      if (cached.history?.headSeq === headSeq()) return cached.history.encoded
      const rows = rowsAfter(snapshot?.seq ?? 0)
      if (!rows) {
        this.#forget(documentId, cached)
        continue
      }
      const encoded = encodeHistory({ snapshot, rows })
      cached.history = { headSeq: headSeq(), encoded }
      // Deleted first, because a value that is set again keeps its old size.
      if (this.#forget(documentId, cached)) this.#cached.set(documentId, cached, { size: encoded.length })
      return encoded
    }
  }

  /** Forgets a document after a newer snapshot was written or the document was closed. */
  forget(documentId: string): void {
    this.#cached.delete(documentId)
  }

  #read(documentId: string): Cached {
    const cached: Cached = { snapshot: this.#store.readSnapshot(documentId), history: null }
    this.#cached.set(documentId, cached, { size: 1 })
    cached.snapshot.catch(() => this.#forget(documentId, cached))
    return cached
  }

  /** Forgets this entry, but not one that has replaced it. Returns true if it was still kept. */
  #forget(documentId: string, cached: Cached): boolean {
    return this.#cached.peek(documentId) === cached && this.#cached.delete(documentId)
  }
}
