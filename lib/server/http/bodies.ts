import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HeldBytes } from '#lib/process/held-bytes.ts'
import type { Clock } from '#lib/protocol/clock.ts'

/**
 * The least bytes of a body that must arrive between two looks, and the time between them, ms: a twentieth of what a
 * link of 64 kbit/s carries, and a link that is dead for less than that time is not noticed.
 */
const LEAST_BYTES = 6 * 1024
const LOOK_MS = 15_000

export interface BodiesOptions {
  readonly held: Pick<HeldBytes, 'add'>
  /** Returns the IP address that a request is counted under; '' if it is not counted. */
  readonly keyOf: (request: IncomingMessage) => string
  readonly clock: Pick<Clock, 'after'>
}

interface Body {
  readonly socket: Socket
  /** Bytes that had arrived at the last look; null before the first one. */
  read: number | null
}

/** Ends requests whose body arrives too slowly, and counts the bytes of those that are not complete. */
export class Bodies {
  readonly #options: BodiesOptions
  readonly #incomplete = new Set<Body>()
  #cancel: (() => void) | null = null

  constructor(options: BodiesOptions) {
    this.#options = options
  }

  /** The number of bodies that are not complete. */
  get size(): number {
    return this.#incomplete.size
  }

  /** Watches the body of a request. Returns false if its IP address has too many bytes on their way. */
  watch(request: IncomingMessage, response: ServerResponse): boolean {
    const bytes = Number(request.headers['content-length'] ?? 0)
    if (!(bytes > 0)) return true
    const { held, keyOf } = this.#options
    const key = keyOf(request)
    const fits = held.add(key, bytes)
    const body: Body = { socket: request.socket, read: null }
    this.#incomplete.add(body)
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      held.add(key, -bytes)
      this.#incomplete.delete(body)
    }
    request.once('end', over)
    response.once('close', over)
    if (!fits) over()
    else this.#look()
    return fits
  }

  #look(): void {
    this.#cancel ??= this.#options.clock.after(LOOK_MS, () => {
      this.#cancel = null
      for (const body of this.#incomplete) {
        const { bytesRead } = body.socket
        if (body.read !== null && bytesRead - body.read < LEAST_BYTES) body.socket.destroy()
        body.read = bytesRead
      }
      if (this.#incomplete.size > 0) this.#look()
    })
  }
}
