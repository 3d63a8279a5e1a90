import type { Clock } from '#lib/protocol/clock.ts'

export interface SocketLeaseOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** How long after its token has ended a connection may write on, and how long it may read on, ms. */
  readonly graceMs: { readonly write: number; readonly read: number }
  /** The connection only reads from now on. */
  readonly onLapsed: () => void
  /** It has not been renewed: the connection is over. */
  readonly onEnded: () => void
}

/** How long one connection is believed: as long as its token, and a little longer, for a renewal may be late. */
export class SocketLease {
  readonly #options: SocketLeaseOptions
  #cancel: (() => void) | null = null
  #lapsed = false

  constructor(options: SocketLeaseOptions, expiresAt: number) {
    this.#options = options
    this.#wait(expiresAt)
  }

  /** A token that ends later takes the last one's place. True: the connection had lapsed and has not any more. */
  renew(expiresAt: number): boolean {
    const had = this.#lapsed
    this.#lapsed = false
    this.#wait(expiresAt)
    return had
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #wait(expiresAt: number): void {
    const { clock, graceMs, onLapsed, onEnded } = this.#options
    this.close()
    this.#cancel = clock.after(Math.max(0, expiresAt + graceMs.write - clock.now()), () => {
      this.#lapsed = true
      this.#cancel = clock.after(graceMs.read - graceMs.write, onEnded)
      onLapsed()
    })
  }
}
