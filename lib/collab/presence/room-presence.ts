import type { Clock } from '#lib/protocol/clock.ts'
import type { Identity, PresenceIdentity, Role } from '#lib/protocol/identity.ts'
import type { PresenceSetBody } from '#lib/protocol/messages/presence.ts'
import { Presence, type PresenceTab } from './presence.ts'

/** A connection as presence sees it. */
export interface PresenceReceiver {
  /** True while the connection has not taken what it was sent before. */
  readonly isBusy: boolean
  /** Sends an encoded PresenceDiffBody, the same array for every receiver that lacks the same. */
  showPresence(body: Uint8Array): void
}

/** The tab that a connection shows. */
export type Tab = Pick<PresenceTab, 'key' | 'connection' | 'identity'>

/** How presence is shown in every room. */
export interface PresenceRules {
  /** Interval of the transport's heartbeat, ms. */
  readonly pingInterval: number
  /** Members who may not edit are shown to no one. Left out: all are shown. */
  readonly hidesReaders?: boolean
}

/** Presence of one room over a clock: sends what `Presence` says is due. Costs nothing while no member is shown. */
export class RoomPresence {
  readonly #room: number
  readonly #rules: PresenceRules
  readonly #clock: Pick<Clock, 'steady' | 'after'>
  /** Null: no member is shown. */
  #shown: Presence<PresenceReceiver> | null = null
  /** The one timer: when it goes off, and its cancellation. */
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

  /** Takes what a client says of itself. */
  set(member: number, receiver: PresenceReceiver, body: PresenceSetBody): void {
    this.#shown?.set(member, receiver, body, this.#clock.steady())
    this.#schedule()
  }

  /** Takes a sign of life of a connection. */
  heard(member: number, receiver: PresenceReceiver): void {
    // If it is no news, the timer finds it when it looks for unsteady tabs.
    if (this.#shown?.heard(member, receiver, this.#clock.steady())) this.#schedule()
  }

  /** Takes a tab away, unless a newer connection has taken it over. Idempotent. */
  leave(member: number, receiver: PresenceReceiver): void {
    this.#shown?.leave(member, receiver)
    if (this.#shown?.size === 0) this.#clear()
    else this.#schedule()
  }

  /** Shows a tab's new role. */
  changeRole(member: number, receiver: PresenceReceiver, role: Role): void {
    this.#shown?.changeRole(member, receiver, role)
    this.#schedule()
  }

  /** Shows a user's new name or hue in all tabs of theirs. */
  rename(identity: PresenceIdentity): void {
    this.#shown?.rename(identity)
    this.#schedule()
  }

  /** Sends nothing from now on. */
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
    // A timer that goes off too early finds nothing to do; that is cheaper than moving it at every sign of life.
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
