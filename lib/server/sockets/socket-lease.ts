import type { Clock } from '#lib/protocol/clock.ts'

/** The connection that a lease is of. */
export interface Leaseholder {
  /** The connection only reads from now on. */
  lapsed(): void
  /** The lease was not renewed: the connection is over. */
  ended(): void
}

export interface SocketLeaseOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** How long after the end of its token a connection may write, and how long it may read, ms. */
  readonly graceMs: { readonly write: number; readonly read: number }
  readonly holder: Leaseholder
}

/** The time one connection is believed: as long as its token, and a little longer, for a renewal may be late. */
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

  /** True once the connection is gone. */
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

  /** Ends the lease: the connection is gone. Idempotent. */
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
