import { LRUCache } from 'lru-cache'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import type { DocumentStore } from '../document-store.ts'
import type { RoomEvent } from '../events.ts'
import type { Room } from '../room.ts'
import type { Seat } from '../seats.ts'
import type { FoldRunner, SpareTime } from './compactor.ts'

export interface ContentDigestsOptions {
  readonly store: Pick<DocumentStore, 'readSnapshot'>
  readonly folding: Pick<FoldRunner, 'digest'>
  /** The compactor, which has time to spare. */
  readonly spare: SpareTime
  readonly onEvent: (event: RoomEvent) => void
}

/** Digests kept for each room: readers compare at the last row, writers a few rows before it. */
const KEPT = 8
/** Characters of a digest in the log; a whole one would identify the text. */
const SHOWN = 8

/** Digests the content of documents after some of their rows. All requests for the same row share one fold. */
export class ContentDigests {
  readonly #options: ContentDigestsOptions
  /** Digests of each room, by row number. */
  readonly #known = new WeakMap<Room, LRUCache<number, Promise<string | null>>>()

  constructor(options: ContentDigestsOptions) {
    this.#options = options
  }

  /**
   * Compares a member's copy with what the log gives up to a row. Returns *unknown* if that row is no longer held,
   * or if there is no time for it now. Reports a copy that differs to `onEvent`.
   */
  async compare(room: Room, seat: Seat, { seq, digest }: CompareRequest): Promise<Verdict> {
    const ours = await this.#at(room, seq)
    if (ours === null) return 'unknown'
    if (ours === digest) return 'same'
    // The next comparison computes the digest again: the bug may be ours.
    this.#known.get(room)?.delete(seq)
    const { clientId, connection } = seat
    this.#options.onEvent({
      type: 'content-differs',
      documentId: room.documentId,
      seq,
      userId: connection.userId,
      clientId,
      ours: ours.slice(0, SHOWN),
      theirs: digest.slice(0, SHOWN),
    })
    return 'differs'
  }

  /** Returns the digest after row `seq`, null if it is not available, or not now. */
  #at(room: Room, seq: number): Promise<string | null> {
    const known = this.#known.get(room) ?? new LRUCache<number, Promise<string | null>>({ max: KEPT })
    this.#known.set(room, known)
    const digest = known.get(seq) ?? this.#take(room, seq)
    known.set(seq, digest)
    void digest.then((found) => {
      if (found === null && known.peek(seq) === digest) known.delete(seq)
    })
    return digest
  }

  async #take(room: Room, seq: number): Promise<string | null> {
    if (seq > room.history.head.seq || seq < (room.history.snapshot?.seq ?? 0)) return null
    let digest: string | null = null
    await this.#options.spare.whenSpare(room, async () => {
      digest = await this.#digest(room, seq)
    })
    return digest
  }

  async #digest(room: Room, seq: number): Promise<string | null> {
    const { store, folding } = this.#options
    const snapshot = room.history.snapshot ? await store.readSnapshot(room.documentId) : null
    const covered = snapshot?.seq ?? 0
    const rows = room.history.rowsAfter(covered)
    if (!rows || seq < covered) return null
    const entries = rows.filter((row) => row.seq <= seq).map((row) => row.entries)
    return folding.digest({ state: snapshot?.state ?? null, rows: entries, ours: room.isOurs })
  }
}
