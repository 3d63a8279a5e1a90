import type * as Y from 'yjs'
import type { Clock } from '#lib/protocol/clock.ts'
import type { ErrorCode, Refusal } from '#lib/protocol/errors.ts'
import type { Joined } from '#lib/protocol/messages/join.ts'
import type { Ack } from '#lib/protocol/messages/update.ts'
import type { Uplink } from '../channel/channel.ts'
import type { Owner } from '../owner.ts'
import type { SaveState } from '../provider-state.ts'
import type { BatchNumber, ReplicaStore, SealedBatch, StoredReplica } from '../replica/replica-store.ts'
import type { ReplicaWriter } from '../replica/replica-writer.ts'
import { Timers } from '../timers.ts'
import { KeptDraft } from './kept-draft.ts'
import { OrphanWatch } from './orphan-watch.ts'
import { Outbox } from './outbox.ts'
import { OwnRole } from './own-role.ts'
import { type Remedy, Sender } from './sender.ts'

export interface LocalEditsOptions {
  readonly doc: Y.Doc
  readonly address: string
  readonly store: ReplicaStore | null
  readonly clock: Clock
  readonly schemaVersion: number
  readonly writer: ReplicaWriter
  /** Batches set aside by an earlier Y.Doc of this page. */
  readonly kept: readonly SealedBatch[]
  /** Told about changes that happened by themselves: a timer fired, or a write or a read completed. */
  readonly owner: Owner
}

/** The wait before a failed read of the store is repeated. */
const REFRESH_MS = 2000

/**
 * The edits made in this browser on their way into the log. They are gathered, sealed as batches, stored, sent and
 * acknowledged, or set aside as the draft once the role no longer allows sending. This class does not know whether
 * the tab is joined: `send` is called with the room to send to.
 */
export class LocalEdits {
  /** The member's role, which decides what happens to the edits. */
  readonly role: OwnRole
  /** The words that are not in the document and will not be sent by themselves. */
  readonly draft: KeptDraft
  /** Told of every update that is applied to the Y.Doc. */
  readonly orphans: OrphanWatch
  readonly #options: LocalEditsOptions
  readonly #timers: Timers
  readonly #outbox: Outbox
  readonly #sender: Sender
  #schemaTooOld = false
  #isRefreshPlanned = false
  /** Client ids of batches that other tabs of this browser left. */
  readonly #others = new Set<number>()

  constructor(options: LocalEditsOptions) {
    this.#options = options
    this.#timers = new Timers(options.clock)
    const outbox = new Outbox(options)
    const sender = new Sender({ ...options, outbox })
    this.#outbox = outbox
    this.#sender = sender
    this.draft = new KeptDraft(options)
    const { doc, owner } = options
    const isOwn = (clientId: number): boolean => clientId === doc.clientID || this.#others.has(clientId)
    this.orphans = new OrphanWatch({ doc, isOwn, draft: this.draft, clock: options.clock, owner })
    this.role = new OwnRole({ outbox, sender, draft: this.draft, timers: this.#timers, owner })
  }

  /** The document uses a newer schema than this client knows. */
  get schemaTooOld(): boolean {
    return this.#schemaTooOld
  }
  /** Edits made now may be sent, now or later. */
  get mayWrite(): boolean {
    return !this.#schemaTooOld && !this.role.mayNotSend && !this.role.superseded
  }
  /** This tab has not made an edit: its client id may still be changed. */
  get untouched(): boolean {
    return this.#outbox.untouched
  }
  /** No edit of this tab waits. */
  get flushed(): boolean {
    return this.#outbox.flushed
  }
  /** No edit of any tab of this browser waits. */
  get saved(): boolean {
    return this.#outbox.saved
  }
  /** The code of the refusal that delays the waiting edits; null if nothing delays them. */
  get delayed(): ErrorCode | null {
    return this.#sender.delayed
  }
  /** Where the edits are. */
  get save(): SaveState {
    const { store, writer } = this.#options
    const { saved, onDevice, waitingSince, acknowledgedAt, failing } = this.#outbox
    const local = failing || writer.failing ? 'failing' : 'ok'
    return { saved, onDevice, waitingSince, acknowledgedAt, local: store ? local : 'absent' }
  }

  /** Adds the update of one local transaction (a Yjs v1 update). */
  add(update: Uint8Array): void {
    this.#outbox.add(update)
  }

  /** Takes over the batches that this browser's store holds. Their updates must be in the Y.Doc. */
  load({ outbox, draft }: StoredReplica): void {
    this.#setForeign(outbox)
    this.role.loaded(outbox)
    // If the store refused to set batches aside, only memory has them.
    if (draft.length > 0) this.draft.stored(draft)
  }

  /**
   * Reads the store again, because another tab may have changed its outbox or draft. If `isJoin`, this tab also
   * sends the batches of other tabs, even of live ones. Repeated later if the store cannot be read. Never rejects.
   */
  async refresh(isJoin = false): Promise<void> {
    const { address, store, owner } = this.#options
    if (!store) return
    let isRead = await this.#readOutbox(store, address)
    if (isJoin) this.#sender.includeForeign()
    owner.changed()
    isRead = (await this.draft.refresh()) && isRead
    if (!isRead) this.#refreshLater(isJoin)
    owner.changed()
  }

  /** Sends batches taken back from the draft, as if another tab had left them. Their updates must be in the Y.Doc. */
  sendAgain(batches: readonly SealedBatch[]): void {
    this.role.loaded(batches)
    this.#setForeign([...this.#outbox.foreign, ...batches])
    this.#sender.includeForeign()
  }

  /** Takes over role and schema version from a granted join, before its history is applied. */
  admit({ role, schemaVersion }: Joined): void {
    this.role.joinedAs(role)
    this.#schemaTooOld = this.#options.schemaVersion < schemaVersion
  }

  /**
   * Prepares for sending once the history of a join is applied. `differences` is everything the server lacks (a Yjs
   * v1 update), which replaces all batches of this tab; null if the join was no exchange.
   */
  joined({ acknowledged }: Joined, differences: Uint8Array | null): void {
    if (differences) this.#outbox.sealDifferences(differences)
    else this.committed([{ clientId: this.#options.doc.clientID, n: acknowledged }])
    this.#sender.joined(differences !== null)
  }

  /**
   * Tells outbox, store and draft that batches, and earlier ones of the same clients, are in the log. Nothing else
   * does.
   */
  committed(batches: readonly BatchNumber[]): void {
    for (const { clientId, n } of batches) {
      this.#sender.answered()
      this.#outbox.acknowledge(clientId, n)
      this.#options.writer.committed(clientId, n)
      this.draft.acknowledged(clientId, n)
    }
  }

  /** Handles the refusal of a batch. Returns what remains for the caller to do. */
  refused(ack: Ack, refusal: Refusal): Remedy {
    const remedy = this.#sender.refused(ack, refusal)
    if (remedy.need === 'forget') this.#options.writer.forget(remedy.clientId, remedy.n)
    return remedy
  }

  /** Treats nothing as sent any more, because the connection or the room changed. */
  rewind(): void {
    this.#sender.rewind()
  }

  /** Resumes sending after a gap, once missed rows were requested. */
  resume(): void {
    this.#sender.resume()
  }

  /**
   * Seals gathered edits unless a batch is waiting, and makes the draft once the last awaited answer has arrived.
   * `isJoined`: false while answers may be on their way that only the next join can tell.
   */
  settle(isJoined: boolean): void {
    this.#outbox.sealIdle()
    if (isJoined) this.role.settleAnswered()
  }

  /** Sends what may be sent now over `uplink`. Idempotent. */
  send(uplink: Uplink): void {
    this.#sender.send(uplink)
  }

  /** Seals gathered edits and hands them to the store now, because the page may be going away. */
  flush(): void {
    this.#outbox.flush()
    this.orphans.flush()
  }

  /** Sends everything over `uplink`, however slow the connection, because the page is going away. */
  sendAll(uplink: Uplink): void {
    this.#sender.sendAll(uplink)
  }

  #setForeign(batches: readonly SealedBatch[]): void {
    for (const { clientId } of batches) this.#others.add(clientId)
    this.#outbox.setForeign(batches)
  }

  /** Returns false if the store could not be read. */
  async #readOutbox(store: ReplicaStore, address: string): Promise<boolean> {
    try {
      this.#setForeign(await store.outbox(address))
      return true
    } catch {
      this.#options.writer.failed()
      return false
    }
  }

  /** Reads the store again later: until then this tab may not know of batches that only this browser has. */
  #refreshLater(isJoin: boolean): void {
    if (this.#isRefreshPlanned) return
    this.#isRefreshPlanned = true
    this.#timers.after(REFRESH_MS, () => {
      this.#isRefreshPlanned = false
      void this.refresh(isJoin)
    })
  }

  /** Stops all timers. */
  destroy(): void {
    this.#timers.clear()
    this.orphans.destroy()
    this.#sender.destroy()
    this.#outbox.destroy()
  }
}
