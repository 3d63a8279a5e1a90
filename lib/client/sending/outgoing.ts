import type * as Y from 'yjs'
import type { Clock } from '#lib/protocol/clock.ts'
import type { ErrorCode, Refusal } from '#lib/protocol/errors.ts'
import type { Ack, Joined } from '#lib/protocol/events.ts'
import { decodeUpdates } from '#lib/protocol/wire.ts'
import type { Incoming } from '../receiving/incoming.ts'
import type { ReplicaStore, SealedBatch } from '../replica/replica-store.ts'
import type { ReplicaWriter } from '../replica/replica-writer.ts'
import { KeptDraft } from './kept-draft.ts'
import { Outbox } from './outbox.ts'
import { OwnRole } from './own-role.ts'
import type { Uplink } from './part-queue.ts'
import { Sender } from './sender.ts'
import { StateExchange } from './state-exchange.ts'

export interface OutgoingOptions {
  readonly doc: Y.Doc
  readonly address: string
  readonly store: ReplicaStore | null
  readonly clock: Clock
  readonly kept: readonly SealedBatch[]
  readonly incoming: Incoming
  readonly writer: ReplicaWriter
  readonly after: (ms: number, task: () => void) => void
  /** Null while the connection takes nothing, whatever the role. */
  readonly uplink: () => Uplink | null
  readonly pull: () => Promise<void>
  readonly rejoin: () => void
  readonly onOutboxChange: () => void
  readonly onChange: () => void
  /** Refused for good: nothing more is sent. */
  readonly onHalted: (refusal: Refusal) => void
  /** What waited was set aside as the draft: the Y.Doc still shows it. */
  readonly onSetAside: () => void
}

/** What was typed in this browser, on its way to the server: waiting, sent, acknowledged, refused, or kept as the draft. */
export class Outgoing {
  readonly outbox: Outbox
  readonly role: OwnRole
  readonly exchange: StateExchange
  readonly #options: OutgoingOptions
  readonly #sender: Sender
  readonly #draft: KeptDraft

  constructor(options: OutgoingOptions) {
    this.#options = options
    const { doc, address, store, clock, kept, incoming, writer, after, rejoin, onChange } = options
    const clientId = (): number => doc.clientID
    this.exchange = new StateExchange(doc)
    this.outbox = new Outbox({
      clientId,
      address,
      store,
      clock,
      onChange: () => {
        options.onOutboxChange()
        this.role.outboxChanged()
        this.pump()
        onChange()
      },
    })
    this.#sender = new Sender({
      outbox: this.outbox,
      clock,
      uplink: () => (this.role.mayNotSend ? null : options.uplink()),
      clientId,
      onNotJoined: rejoin,
      onGap: options.pull,
      onDistrust: () => {
        this.exchange.ask()
        rejoin()
      },
      onAdopted: (batch) => incoming.take(decodeUpdates(batch.payload)),
      onAbandoned: (clientId, n) => {
        writer.commit([], [{ clientId, n }])
        this.exchange.withhold()
      },
      onForbidden: () => this.role.refused(),
      onHalted: options.onHalted,
    })
    this.#draft = new KeptDraft({ address, store, kept, onChange, onFailed: () => writer.failed() })
    this.role = new OwnRole({
      outbox: this.outbox,
      sender: this.#sender,
      draft: this.#draft,
      after,
      onDoubt: rejoin,
      onChange,
      onSetAside: options.onSetAside,
    })
  }

  /** Refused for good: nothing more is sent. */
  get halted(): boolean {
    return this.#sender.halted
  }
  /** Why what waits is not accepted for now. */
  get delayed(): ErrorCode | null {
    return this.#sender.delayed
  }
  get draft(): readonly SealedBatch[] {
    return this.#draft.batches
  }

  /** One local transaction's update. */
  add(update: Uint8Array): void {
    if (!this.role.mayNotSend && !this.role.superseded) this.outbox.add(update)
  }

  /** What the store holds of earlier tabs. Returns what of it the Y.Doc lacks, Yjs v1 updates. */
  stored(waiting: readonly SealedBatch[], draft: readonly SealedBatch[]): Uint8Array[] {
    this.outbox.setForeign(waiting)
    this.role.loaded(waiting)
    // Where the store refused it, memory still has what was set aside.
    if (draft.length > 0) this.#draft.stored(draft)
    return this.#updatesIn(waiting)
  }

  /** The join is complete, the history in the Y.Doc. */
  joined({ mode, vector, acknowledged }: Joined): void {
    const { doc, incoming, writer } = this.#options
    if (mode === 'rewind') {
      incoming.force()
      this.outbox.sealDifferences(this.exchange.settle(vector))
      return
    }
    this.acknowledge(doc.clientID, acknowledged)
    writer.acknowledge(doc.clientID, acknowledged)
  }

  /** This connection's room takes batches from now on; `exchanged`: what it lacked was sealed. */
  begin(exchanged: boolean): void {
    this.#sender.joined(exchanged)
  }

  /** Batches up to `n` of a client are in the log. */
  acknowledge(clientId: number, n: number): void {
    this.#sender.answered()
    this.outbox.acknowledge(clientId, n)
  }

  /** The log was seen to hold them. */
  committed(clientId: number, n: number): void {
    this.acknowledge(clientId, n)
    this.#draft.acknowledged(clientId, n)
  }

  refused(ack: Ack, refusal: Refusal): void {
    this.#sender.refused(ack, refusal)
  }

  /** Nothing counts as sent any more. */
  rewind(): void {
    this.#sender.rewind()
  }

  /** Sends what may be sent. Repeating is harmless. */
  pump(): void {
    this.#sender.pump()
  }

  /** Seals what has gathered and sends it, now: the page is going away. */
  flushNow(): void {
    this.outbox.flush()
    this.pump()
  }

  /** Another tab changed the outbox or the draft in the store. */
  async refresh(): Promise<void> {
    const { store, address, writer } = this.#options
    if (!store) return
    try {
      this.outbox.setForeign(await store.outbox(address))
    } catch {
      writer.failed()
    }
    this.pump()
    await this.#draft.refresh()
  }

  /** Puts the draft in: it is sent as what another tab left. `stillOpen` is asked when the store has given it. */
  async takeBackDraft(stillOpen: () => boolean): Promise<void> {
    const batches = await this.#draft.takeBack()
    if (!stillOpen()) return
    this.#options.incoming.take(this.#updatesIn(batches))
    this.role.loaded(batches)
    this.outbox.setForeign([...this.outbox.foreign, ...batches])
    this.begin(false)
    this.pump()
  }

  discardDraft(): Promise<void> {
    return this.#draft.discard()
  }

  /** Hands all of it to the store and the connection: there may be no later. */
  sendAll(): void {
    this.outbox.flush()
    this.#sender.sendAll()
  }

  destroy(): void {
    this.#sender.destroy()
    this.outbox.destroy()
  }

  /** Without what this Y.Doc itself made. */
  #updatesIn(batches: readonly SealedBatch[]): Uint8Array[] {
    const others = batches.filter(({ clientId }) => clientId !== this.#options.doc.clientID)
    return others.flatMap(({ payload }) => decodeUpdates(payload))
  }
}
