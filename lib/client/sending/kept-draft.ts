import type { ReplicaStore, SealedBatch } from '../replica/replica-store.ts'
import type { ReplicaWriter } from '../replica/replica-writer.ts'

export interface KeptDraftOptions {
  readonly address: string
  readonly store: ReplicaStore | null
  /** Batches that an earlier Y.Doc of this page set aside. */
  readonly kept: readonly SealedBatch[]
  /** Told when the store refused a write or a read. */
  readonly writer: ReplicaWriter
}

/**
 * The edits made here that may no longer be sent, because the role was lowered or withdrawn before the server had them: set
 * aside for the user to copy, to put in later, or to discard (docs/decisions/0029-kept-draft.md). Memory holds them where
 * the browser has no store.
 */
export class KeptDraft {
  readonly #options: KeptDraftOptions
  #batches: readonly SealedBatch[]

  constructor(options: KeptDraftOptions) {
    this.#options = options
    this.#batches = options.kept
  }

  /** Oldest first; empty when there is no draft. */
  get batches(): readonly SealedBatch[] {
    return this.#batches
  }

  /** Keeps batches. Resolves when they are on this device, or when this browser has refused. */
  async setAside(batches: readonly SealedBatch[]): Promise<void> {
    const { address, store } = this.#options
    this.#set([...this.#batches.filter((kept) => !batches.some((batch) => same(batch, kept))), ...batches])
    await this.#attempt(() => store?.setAside(address, batches))
  }

  /** Takes over what the store holds: another tab may have changed it. */
  stored(batches: readonly SealedBatch[]): void {
    this.#set(batches)
  }

  /** Reads the store again. */
  async refresh(): Promise<void> {
    const { address, store } = this.#options
    if (store) await this.#attempt(async () => this.#set(await store.draft(address)))
  }

  /** Drops the batches `<= n` of a client: the log has them after all. */
  acknowledged(clientId: number, n: number): void {
    if (this.#batches.length === 0) return
    this.#set(this.#batches.filter((batch) => batch.clientId !== clientId || batch.n > n))
  }

  /** Returns the batches, to be sent: they wait in the store's outbox again. */
  async takeBack(): Promise<readonly SealedBatch[]> {
    const { address, store } = this.#options
    const batches = this.#batches
    this.#set([])
    await this.#attempt(() => store?.takeBack(address))
    return batches
  }

  /** Erases the draft, here and in the store. */
  async discard(): Promise<void> {
    const { address, store } = this.#options
    this.#set([])
    await this.#attempt(() => store?.discard(address))
  }

  #set(batches: readonly SealedBatch[]): void {
    const unchanged =
      batches.length === this.#batches.length &&
      batches.every((batch) => this.#batches.some((kept) => same(kept, batch)))
    if (!unchanged) this.#batches = batches
  }

  async #attempt(task: () => Promise<void> | undefined): Promise<void> {
    try {
      await task()
    } catch {
      // Memory still has the draft; the page says that this browser stores nothing.
      this.#options.writer.failed()
    }
  }
}

function same(a: SealedBatch, b: SealedBatch): boolean {
  return a.clientId === b.clientId && a.n === b.n
}
