import { isRetryable } from '#lib/protocol/errors.ts'
import {
  chainToHex,
  decodeEntries,
  decodeHistory,
  EMPTY_CHAIN,
  ENTRY_BODY_UPDATE,
  type HistoryBody,
  NO_CHAIN,
  type Row,
} from '#lib/protocol/wire.ts'
import type { Channel } from '../channel/channel.ts'
import { HistoryTransfer } from '../channel/history-transfer.ts'
import type { StoredReplica } from '../replica/replica-store.ts'
import type { ReplicaWriter } from '../replica/replica-writer.ts'
import type { Incoming } from './incoming.ts'
import { RowOrder } from './row-order.ts'

export interface HistoryIntakeOptions {
  readonly clientId: () => number
  readonly incoming: Incoming
  readonly writer: ReplicaWriter
  readonly channel: () => Channel | null
  /** 0: in none. */
  readonly room: () => number
  readonly after: (ms: number, task: () => void) => void
  /** Batches up to `n` of a client are in the log. */
  readonly onAcknowledged: (clientId: number, n: number) => void
  /** Rows are in the Y.Doc, or on their way there (Incoming.onLate). */
  readonly onTaken: () => void
  /** What was acknowledged makes room for more to be sent. */
  readonly pump: () => void
}

const RETRY_MS = 1000

/** Rows of the log on their way into the Y.Doc and the replica: in order, each once. What is missing is pulled. */
export class HistoryIntake {
  /** Histories that come in chunks, those of joins too. */
  readonly transfer = new HistoryTransfer()
  readonly #options: HistoryIntakeOptions
  readonly #order = new RowOrder()
  #pulling = false

  constructor(options: HistoryIntakeOptions) {
    this.#options = options
  }

  /** Missing rows were asked for. */
  get pulling(): boolean {
    return this.#pulling
  }

  /** The row that the Y.Doc stands at; null: there are gaps, or something is held back. */
  get standing(): number | null {
    const { cursor, hasHole } = this.#order
    return cursor && !hasHole && this.#options.incoming.isEmpty ? cursor.seq : null
  }

  /** What a join may claim to hold; null: nothing. `distrusted`: the chain is to be met as a false one. */
  claim(distrusted: boolean): { readonly seq: number; readonly chain: string } | null {
    const { cursor } = this.#order
    return cursor && { seq: cursor.seq, chain: distrusted ? NO_CHAIN : chainToHex(cursor.chain) }
  }

  /** Applies what this browser holds, and `waiting`: what was not sent yet. False: no history is held. */
  takeStored(
    { state, rows }: Pick<StoredReplica, 'state' | 'rows'>,
    waiting: readonly Uint8Array[],
  ): boolean {
    const held = rows.flatMap((row) =>
      decodeEntries(row.entries).flatMap((entry) => (entry.kind === ENTRY_BODY_UPDATE ? entry.updates : [])),
    )
    this.#options.incoming.take([...(state ? [state.update] : []), ...held, ...waiting])
    // Only now: what could not be read is asked for.
    const last = rows.at(-1) ?? state
    if (last) this.#order.moveTo(last)
    return last !== null
  }

  /** A join begins: rows beyond a hole are told again. */
  forgetAhead(): void {
    this.#order.forgetAhead()
  }

  /** Applies a history: from its snapshot, or (`fromStart`) from the beginning, or after the cursor. */
  takeHistory({ snapshot, rows }: HistoryBody, fromStart: boolean): void {
    const { incoming, writer } = this.#options
    if (snapshot) {
      this.#order.moveTo(snapshot)
      incoming.take([snapshot.state])
      writer.replace({ seq: snapshot.seq, chain: snapshot.chain, update: snapshot.state })
    } else if (fromStart) {
      this.#order.moveTo({ seq: 0, chain: EMPTY_CHAIN })
      writer.replace(null)
    }
    this.takeRows(rows)
  }

  /** Applies rows in whatever order they come; known ones are left out. `live`: one that came by itself, which may wait for the next frame. */
  takeRows(rows: readonly Row[], live = false): void {
    const { clientId, incoming, writer, onAcknowledged, onTaken, pump } = this.#options
    const taken = this.#order.take(rows)
    if (taken.length > 0) {
      const updates: Uint8Array[] = []
      const acknowledged: { clientId: number; n: number }[] = []
      for (const entry of taken.flatMap((row) => decodeEntries(row.entries))) {
        acknowledged.push({ clientId: entry.clientId, n: entry.n })
        const own = entry.clientId === clientId()
        if (entry.kind === ENTRY_BODY_UPDATE && !own) updates.push(...entry.updates)
      }
      writer.commit(taken, acknowledged)
      if (live) incoming.takeSoon(updates)
      else incoming.take(updates)
      for (const each of acknowledged) onAcknowledged(each.clientId, each.n)
      onTaken()
    }
    if (this.#order.hasHole) void this.pull()
    pump()
  }

  /** Asks for what follows the cursor. */
  async pull(): Promise<void> {
    const { channel: channelNow, room: roomNow } = this.#options
    const channel = channelNow()
    if (this.#pulling || !channel || roomNow() === 0) return
    this.#pulling = true
    try {
      const room = roomNow()
      const { answer, history } = await channel.pull({ room, seq: this.#order.cursor?.seq ?? 0 })
      if (channel !== channelNow() || room !== roomNow()) return
      if (!answer.ok) {
        if (isRetryable(answer.code)) this.#pullLater(channel, answer.retryAfterMs)
        return
      }
      const bytes = history ?? (await this.transfer.whole(room, answer.chunked))
      if (channel !== channelNow() || room !== roomNow()) return
      this.takeHistory(decodeHistory(bytes), false)
    } catch {
      this.#pullLater(channel)
    } finally {
      this.#pulling = false
    }
  }

  /** What is missing is asked for again, unless it came by itself or with another connection. */
  #pullLater(channel: Channel, ms = RETRY_MS): void {
    this.#options.after(ms, () => {
      if (channel === this.#options.channel() && this.#order.hasHole) void this.pull()
    })
  }
}
