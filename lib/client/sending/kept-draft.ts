import type { ReplicaStore, SealedBatch } from '../replica/replica-store.ts'
import type { ReplicaWriter } from '../replica/replica-writer.ts'

export interface KeptDraftOptions {
  readonly address: string
  readonly store: ReplicaStore | null
  /** Batches set aside by an earlier Y.Doc of this page. */
  readonly kept: readonly SealedBatch[]
  /** Told when a write to the store, or a read, failed. */
  readonly writer: ReplicaWriter
}

/**
 * The edits made here that may no longer be sent, because the role was lowered or withdrawn before the server had
 * them. They are set aside for the user to copy, put back later or discard (docs/decisions/0029-kept-draft.md). If
 * the browser has no store, only memory holds them.
 */
export class KeptDraft {
  readonly #options: KeptDraftOptions
  #batches: readonly SealedBatch[]
  /** Changes made here: what was read from the store before one of them is out of date. */
  #changes = 0

  constructor(options: KeptDraftOptions) {
    this.#options = options
    this.#batches = options.kept
  }

  /** The batches, oldest first; empty if there is no draft. */
  get batches(): readonly SealedBatch[] {
    return this.#batches
  }

  /** Sets batches aside. Resolves when they are on this device, or when the store has failed. */
  async setAside(batches: readonly SealedBatch[]): Promise<void> {
    const { address, store } = this.#options
    this.#changes++
    this.#set([...this.#batches.filter((kept) => !batches.some((batch) => same(batch, kept))), ...batches])
    await this.#attempt(() => store?.setAside(address, batches))
  }

  /** Takes over what the store holds, because another tab may have changed it. */
  stored(batches: readonly SealedBatch[]): void {
    this.#set(batches)
  }

  /** Reads the store again. Returns false if it could not be read. */
  refresh(): Promise<boolean> {
    const { address, store } = this.#options
    return this.#attempt(async () => {
      if (!store) return
      const changes = this.#changes
      const batches = await store.draft(address)
      if (changes === this.#changes) this.#set(batches)
    })
  }

  /** Drops the batches `<= n` of a client, because the log has them after all. */
  acknowledged(clientId: number, n: number): void {
    if (this.#batches.length === 0) return
    this.#set(this.#batches.filter((batch) => batch.clientId !== clientId || batch.n > n))
  }

  /** Empties the draft and returns its batches for sending. In the store they wait in the outbox again. */
  async takeBack(): Promise<readonly SealedBatch[]> {
    const { address, store } = this.#options
    this.#changes++
    const batches = this.#batches
    this.#set([])
    await this.#attempt(() => store?.takeBack(address))
    return batches
  }

  /** Erases the draft, here and in the store. */
  async discard(): Promise<void> {
    const { address, store } = this.#options
    this.#changes++
    this.#set([])
    await this.#attempt(() => store?.discard(address))
  }

  #set(batches: readonly SealedBatch[]): void {
    const unchanged =
      batches.length === this.#batches.length &&
      batches.every((batch) => this.#batches.some((kept) => same(kept, batch)))
    if (!unchanged) this.#batches = batches
  }

  async #attempt(task: () => Promise<unknown> | undefined): Promise<boolean> {
    try {
      await task()
      return true
    } catch {
      // Memory still has the draft, and the page says that this browser stores nothing.
      this.#options.writer.failed()
      return false
    }
  }
}

function same(a: SealedBatch, b: SealedBatch): boolean {
  return a.clientId === b.clientId && a.n === b.n
}
