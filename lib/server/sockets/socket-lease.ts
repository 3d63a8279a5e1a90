import type { Clock } from '#lib/protocol/clock.ts'

/** The connection that holds a lease. */
export interface Leaseholder {
  /** Called when a renewal is overdue: the connection may only read from now on. */
  lapsed(): void
  /** Called when the lease was not renewed: the connection must end. */
  ended(): void
}

export interface SocketLeaseOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Time after the end of its token in which a connection may still write, and in which it may still read, ms. */
  readonly graceMs: { readonly write: number; readonly read: number }
  readonly holder: Leaseholder
}

/**
 * Limits how long a connection is trusted: until its token expires and a little longer, because a renewal may be
 * late.
 */
export class SocketLease {
  readonly #options: SocketLeaseOptions
  #cancel: (() => void) | null = null
  #hasLapsed = false
  #isClosed = false

  constructor(options: SocketLeaseOptions, expiresAt: number) {
    this.#options = options
    this.#wait(expiresAt)
  }

  /** True while the connection may only read. */
  get hasLapsed(): boolean {
    return this.#hasLapsed
  }

  /** True once the connection is closed. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Takes the end of a new token, ms since the epoch. Returns true if the connection had lapsed until now. */
  renew(expiresAt: number): boolean {
    const had = this.#hasLapsed
    this.#hasLapsed = false
    this.#wait(expiresAt)
    return had
  }

  /** Ends the lease of a connection that is closed. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  #wait(expiresAt: number): void {
    const { clock, graceMs, holder } = this.#options
    this.#cancel?.()
    this.#cancel = clock.after(Math.max(0, expiresAt + graceMs.write - clock.now()), () => {
      this.#hasLapsed = true
      this.#cancel = clock.after(graceMs.read - graceMs.write, () => holder.ended())
      holder.lapsed()
    })
  }
}
