import type * as Y from 'yjs'
import type { Clock } from '#lib/protocol/clock.ts'
import { report } from '#lib/protocol/report.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import type { Uplink } from './channel/channel.ts'
import type { Owner } from './owner.ts'
import type { SaveState } from './provider-state.ts'
import type { Soon } from './receiving/incoming.ts'
import { LogFollower } from './receiving/log-follower.ts'
import { type ReplicaStore, ReplicaStoreError, type SealedBatch } from './replica/replica-store.ts'
import { ReplicaWriter } from './replica/replica-writer.ts'
import { LocalEdits } from './sending/local-edits.ts'

export interface DocumentSyncOptions {
  readonly doc: Y.Doc
  readonly address: string
  readonly store: ReplicaStore | null
  readonly clock: Clock
  /** This page just created the document: typing is allowed before the first join. */
  readonly created: boolean
  readonly schemaVersion?: number | undefined
  /** Schedules when live rows are applied; they are applied as they come if left out. */
  readonly soon?: Soon | undefined
  /** Batches set aside by an earlier Y.Doc of this page. */
  readonly kept?: readonly SealedBatch[] | undefined
  /** Called after changes of this object, at most once per turn of the event loop. */
  readonly changed: () => void
}

/**
 * Keeps one Y.Doc in step with the server. Local edits leave through `edits`; `follower` joins the document's room
 * and applies what arrives. The follower calls `edits`, never the other way round. Connection, time and store are
 * passed in. Every call, and every event of a part, leads to one `#settle` per turn, which sends what may be sent and
 * notifies the owner.
 */
export class DocumentSync implements Owner {
  readonly edits: LocalEdits
  readonly follower: LogFollower
  readonly #options: DocumentSyncOptions
  readonly #writer: ReplicaWriter
  #isPlanned = false
  #destroyed = false

  constructor(options: DocumentSyncOptions) {
    this.#options = options
    const { doc, address, store, kept = [], schemaVersion = SCHEMA_VERSION } = options
    const writer = new ReplicaWriter(address, store, this)
    const edits = new LocalEdits({ ...options, schemaVersion, kept, writer, owner: this })
    this.#writer = writer
    this.edits = edits
    this.follower = new LogFollower({ ...options, schemaVersion, writer, edits, owner: this })
    doc.on('update', this.#onUpdate)
  }

  get mayType(): boolean {
    const { opened, state } = this.follower
    return opened && state.phase !== 'ended' && this.edits.mayWrite
  }
  /** The Y.Doc contains the whole history that the server had at the last join. */
  get synced(): boolean {
    return this.follower.state.uplink !== null
  }
  /** Every edit of this tab is acknowledged. */
  get flushed(): boolean {
    return this.follower.state.joined !== null && this.edits.flushed
  }
  /** Where the local edits are. Nothing counts as saved before the first join. */
  get save(): SaveState {
    const { save } = this.edits
    return this.follower.state.joined ? save : { ...save, saved: false }
  }

  /** Returns where batches may be sent now, or null if they may not be sent. Nothing else decides this. */
  maySend(): Uplink | null {
    return this.edits.mayWrite ? this.follower.state.uplink : null
  }

  /** Loads this browser's copy. Also resolves if that fails: then there is only memory. */
  async load(): Promise<void> {
    const { store, address } = this.#options
    if (!store) return
    try {
      const replica = await store.load(address)
      if (replica && !this.#destroyed) {
        this.edits.load(replica)
        this.follower.applyStored(replica)
      }
    } catch (error) {
      // The join brings what cannot be read here.
      if (!(error instanceof ReplicaStoreError))
        report('the copy in this browser cannot be applied', error, 'error')
      this.#writer.failed()
    }
    this.changed()
  }

  changed(): void {
    if (this.#isPlanned || this.#destroyed) return
    this.#isPlanned = true
    queueMicrotask(this.#settle)
  }

  /** Seals what has gathered, hands it to the store and sends it now: the page may be going away. */
  flushNow(): void {
    this.edits.flush()
    this.#send()
    this.changed()
  }

  /** Applies the draft to the Y.Doc and sends it, if the user may edit again. */
  async takeBackDraft(): Promise<void> {
    if (!this.mayType) return
    const takenBack = this.edits.draft.takeBack()
    this.changed()
    const batches = await takenBack
    if (this.#destroyed) return
    this.follower.applyBatches(batches)
    this.edits.sendAgain(batches)
    this.changed()
  }

  /** Erases the draft from this browser. */
  async discardDraft(): Promise<void> {
    const discarded = this.edits.draft.discard()
    this.changed()
    await discarded
  }

  /** Removes the stored history from this browser; its outbox stays. Resolves when that is done. */
  forgetHistory(): Promise<void> {
    this.#writer.replace(null)
    return this.#writer.flushed()
  }

  /**
   * Sends what waits, leaves the room and releases the Y.Doc. Resolves when everything received is stored.
   * Idempotent.
   */
  async destroy(): Promise<void> {
    if (this.#destroyed) return
    this.edits.flush()
    const uplink = this.maySend()
    if (uplink) this.edits.sendAll(uplink)
    this.#destroyed = true
    this.#options.doc.off('update', this.#onUpdate)
    this.follower.destroy()
    this.edits.destroy()
    await this.#writer.flushed()
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this.follower || !this.edits.mayWrite) return
    this.edits.add(update)
    this.changed()
  }

  readonly #settle = (): void => {
    this.#isPlanned = false
    if (this.#destroyed) return
    this.edits.settle(this.synced)
    this.follower.settle()
    this.#send()
    this.#options.changed()
  }

  #send(): void {
    const uplink = this.maySend()
    if (uplink) this.edits.send(uplink)
  }
}
