import type { Clock } from '#lib/protocol/clock.ts'
import type { DocumentSocket } from './document-socket.ts'
import { cut, FrameSender, unsentBytes } from './socket-internals.ts'

/** A reader with more unsent bytes than this gets no frames. */
const BEHIND_BYTES = 1024 * 1024
/** A reader without frames gets them again when its unsent bytes have fallen to this. */
const DRAINED_BYTES = 64 * 1024
/** A socket that sends a message while it has more unsent bytes than this, answers included, is cut. */
const MOST_BYTES = 4 * 1024 * 1024
/** A reader that takes nothing for this long is cut, ms. */
const PATIENCE_MS = 15_000
/** Interval at which readers that are behind are checked, ms. */
const LOOK_MS = 250

interface Behind {
  /**
   * The last frame of each room that the reader did not get. The first of them to arrive makes its client pull the
   * others.
   */
  readonly missed: Map<number, Uint8Array>
  unsent: number
  /** When the reader last took something, or else fell behind. Steady clock, ms. */
  takenAt: number
}

/**
 * Relays frames, and skips readers that do not take what they are sent, which would pile up in this process. A reader
 * beyond a bound gets no frames; once drained, it gets the last one missed, and its client pulls those between. A
 * reader that takes nothing at all is cut.
 */
export class SlowReaders {
  readonly #clock: Clock
  readonly #behind = new Map<DocumentSocket, Behind>()
  readonly #frames = new FrameSender('document:update')
  #cancel: (() => void) | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Sends a room's frame to a reader that keeps up, and notes it for one that does not. Callers pass the same array
   * for all readers of the room in a row.
   */
  relay(socket: DocumentSocket, room: number, frame: Uint8Array): void {
    const behind = this.#behind.get(socket) ?? this.#look(socket)
    if (behind) behind.missed.set(room, frame)
    else this.#frames.send(socket, frame)
  }

  /**
   * Returns true if a message of this socket may be handled. Otherwise cuts the socket, which does not read its
   * answers.
   */
  mayAnswer(socket: DocumentSocket): boolean {
    if (unsentBytes(socket) <= MOST_BYTES) return true
    this.forget(socket)
    cut(socket)
    return false
  }

  /** Forgets a socket that is gone. Idempotent. */
  forget(socket: DocumentSocket): void {
    this.#behind.delete(socket)
  }

  close(): void {
    this.#cancel?.()
    this.#behind.clear()
  }

  #look(socket: DocumentSocket): Behind | null {
    const unsent = unsentBytes(socket)
    if (unsent <= BEHIND_BYTES) return null
    const behind: Behind = { missed: new Map(), unsent, takenAt: this.#clock.steady() }
    this.#behind.set(socket, behind)
    this.#watch()
    return behind
  }

  #watch(): void {
    this.#cancel ??= this.#clock.after(LOOK_MS, () => {
      this.#cancel = null
      for (const [socket, behind] of [...this.#behind]) this.#judge(socket, behind)
      if (this.#behind.size > 0) this.#watch()
    })
  }

  #judge(socket: DocumentSocket, behind: Behind): void {
    const unsent = unsentBytes(socket)
    const now = this.#clock.steady()
    if (unsent <= DRAINED_BYTES) {
      this.#behind.delete(socket)
      for (const frame of behind.missed.values()) this.#frames.send(socket, frame)
    } else if (unsent < behind.unsent) {
      behind.takenAt = now
    } else if (now - behind.takenAt >= PATIENCE_MS) {
      this.#behind.delete(socket)
      cut(socket)
    }
    behind.unsent = unsent
  }
}
