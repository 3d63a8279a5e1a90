import type { FoldJob } from '#lib/document/fold.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/events.ts'
import type { DocumentStore } from '../document-store.ts'
import type { RoomEvent } from '../events.ts'
import type { Member } from '../members.ts'
import type { Room } from '../room.ts'

/** Runs `digestDocument`; rejects when it fails or takes too much. */
export type Digest = (job: FoldJob) => Promise<string>

export interface ContentDigestsOptions {
  readonly store: Pick<DocumentStore, 'readSnapshot'>
  readonly digest: Digest
  /** Does work on a room when nothing more urgent waits (`Compactor.whenSpare`). */
  readonly whenSpare: (room: Room, work: () => Promise<void>) => Promise<boolean>
  readonly onEvent: (event: RoomEvent) => void
}

/** Digests kept of one room: people who read compare at the last row, people who type a few rows before it. */
const KEPT = 8
/** Characters of a digest in the log: it is one of the text. */
const SHOWN = 8

/** What documents show after some of their rows, as digests. One folding for everybody who asks for the same row. */
export class ContentDigests {
  readonly #options: ContentDigestsOptions
  /** By row; the newest last. */
  readonly #known = new WeakMap<Room, Map<number, Promise<string | null>>>()

  constructor(options: ContentDigestsOptions) {
    this.#options = options
  }

  /**
   * Whether a member's copy shows what the log gives up to a row. *unknown*: that row is not held any more, or there is no
   * time for it now. A copy that differs is told to `onEvent`.
   */
  async compare(room: Room, member: Member, { seq, digest }: CompareRequest): Promise<Verdict> {
    const ours = await this.#at(room, seq)
    if (ours === null) return 'unknown'
    if (ours === digest) return 'same'
    // Asked again, it is made anew: the fault may be ours.
    this.#known.get(room)?.delete(seq)
    const { clientId, connection } = member
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

  /** The digest after row `seq`; null: it is not to be had, or not now. */
  #at(room: Room, seq: number): Promise<string | null> {
    const known = this.#known.get(room) ?? new Map<number, Promise<string | null>>()
    this.#known.set(room, known)
    const digest = known.get(seq) ?? this.#take(room, seq)
    known.set(seq, digest)
    void digest.then((found) => {
      if (found === null && known.get(seq) === digest) known.delete(seq)
    })
    for (const oldest of known.keys()) {
      if (known.size <= KEPT) break
      known.delete(oldest)
    }
    return digest
  }

  async #take(room: Room, seq: number): Promise<string | null> {
    if (seq > room.headSeq || seq < (room.snapshot?.seq ?? 0)) return null
    let digest: string | null = null
    await this.#options.whenSpare(room, async () => {
      digest = await this.#digest(room, seq)
    })
    return digest
  }

  async #digest(room: Room, seq: number): Promise<string | null> {
    const { store, digest } = this.#options
    const snapshot = room.snapshot ? await store.readSnapshot(room.documentId) : null
    const covered = snapshot?.seq ?? 0
    const rows = room.rowsAfter(covered)
    if (!rows || seq < covered) return null
    const entries = rows.filter((row) => row.seq <= seq).map((row) => row.entries)
    return digest({ state: snapshot?.state ?? null, rows: entries, ours: room.isOurs })
  }
}
