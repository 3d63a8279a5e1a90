import type { Clock } from '#lib/protocol/clock.ts'
import type { Identity, PresenceIdentity, Role } from '#lib/protocol/identity.ts'
import type { PresenceSetBody } from '#lib/protocol/messages/presence.ts'
import { Presence, type PresenceTab } from './presence.ts'

/** A connection as presence sees it. */
export interface PresenceReceiver {
  /** True while the connection has not taken everything it was sent. */
  readonly isBusy: boolean
  /** Sends an encoded PresenceDiffBody, the same array for every receiver that lacks the same changes. */
  showPresence(body: Uint8Array): void
}

/** The tab of a connection. */
export type Tab = Pick<PresenceTab, 'key' | 'connection' | 'identity'>

/** Rules of presence, the same in every room. */
export interface PresenceRules {
  /** Interval of the transport's heartbeat, ms. */
  readonly pingInterval: number
  /** Hides members who may not edit. Default: false. */
  readonly hidesReaders?: boolean
}

/**
 * Presence of one room over a clock: sends the diffs that `Presence` finds due. Costs nothing while no member is
 * shown.
 */
export class RoomPresence {
  readonly #room: number
  readonly #rules: PresenceRules
  readonly #clock: Pick<Clock, 'steady' | 'after'>
  /** Null while no member is shown. */
  #shown: Presence<PresenceReceiver> | null = null
  /** The only timer: its due time, and how to cancel it. */
  #tick: { readonly due: number; readonly cancel: () => void } | null = null
  #closed = false

  constructor(room: number, rules: PresenceRules, clock: Pick<Clock, 'steady' | 'after'>) {
    this.#room = room
    this.#rules = rules
    this.#clock = clock
  }

  /** Shows a tab. Returns null if a newer connection of the same tab is shown. Idempotent. */
  enter(
    tab: Omit<PresenceTab<PresenceReceiver>, 'now'>,
  ): { readonly member: number; readonly identity: Identity } | null {
    const { pingInterval, hidesReaders = false } = this.#rules
    this.#shown ??= new Presence({ room: this.#room, pingIntervalMs: pingInterval, hidesReaders })
    const entered = this.#shown.enter({ ...tab, now: this.#clock.steady() })
    this.#schedule()
    return entered
  }

  /** Sets the caret and idleness that a client reports. */
  set(member: number, receiver: PresenceReceiver, body: PresenceSetBody): void {
    this.#shown?.set(member, receiver, body, this.#clock.steady())
    this.#schedule()
  }

  /** Notes a sign of life of a connection. */
  heard(member: number, receiver: PresenceReceiver): void {
    // If the tab was steady, the timer finds the sign of life when it looks for unsteady tabs.
    if (this.#shown?.heard(member, receiver, this.#clock.steady())) this.#schedule()
  }

  /** Removes a tab, unless a newer connection has taken it over. Idempotent. */
  leave(member: number, receiver: PresenceReceiver): void {
    this.#shown?.leave(member, receiver)
    if (this.#shown?.size === 0) this.#clear()
    else this.#schedule()
  }

  /** Changes the role of a tab. */
  changeRole(member: number, receiver: PresenceReceiver, role: Role): void {
    this.#shown?.changeRole(member, receiver, role)
    this.#schedule()
  }

  /** Changes a user's name or hue in every tab of theirs. */
  rename(identity: PresenceIdentity): void {
    this.#shown?.rename(identity)
    this.#schedule()
  }

  /** Stops sending for good. */
  close(): void {
    this.#closed = true
    this.#clear()
  }

  #clear(): void {
    this.#tick?.cancel()
    this.#tick = null
    this.#shown = null
  }

  #schedule(): void {
    if (this.#closed) return
    const now = this.#clock.steady()
    const wait = this.#shown?.nextTickIn(now) ?? null
    if (wait === null) return
    const due = now + wait
    // A timer that fires too early finds nothing to do; that is cheaper than moving it at every sign of life.
    if (this.#tick && this.#tick.due <= due) return
    this.#tick?.cancel()
    this.#tick = { due, cancel: this.#clock.after(wait, () => this.#send()) }
  }

  #send(): void {
    this.#tick = null
    const sends = this.#shown?.diffs(this.#clock.steady(), ({ isBusy }) => isBusy) ?? []
    for (const { recipients, body } of sends) for (const receiver of recipients) receiver.showPresence(body)
    this.#schedule()
  }
}
