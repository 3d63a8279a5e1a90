import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Rates } from '#lib/process/rates.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import { Turns } from './turns.ts'

/** A route is handled in one go, of about this length, ms. */
const GAP_MS = 2
/** Requests that wait for their turn are refused with this time to wait, ms. */
const CROWDED_MS = 5000

export interface RequestTurnsOptions {
  readonly rates: Pick<Rates, 'take'>
  readonly clock: Pick<Clock, 'steady' | 'after'>
  /** Returns true if a cookie header holds a session that this server signed; whether it has ended is not looked up. */
  readonly hasSession: (cookie: string) => boolean
}

/** A request on its way to Next. */
export interface TurnRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Its route's pattern. */
  readonly route: string
  /** The IP address that it is counted under; '' if it is not counted. */
  readonly key: string
  /** Begins to answer. Resolves when the answer is complete; never rejects. */
  readonly run: () => Promise<unknown>
  readonly refuse: (refusal: Refusal) => void
}

/** Resolves when the head of an answer is written. */
function headOf(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const write = response.writeHead
  const marked = function (this: ServerResponse, ...head: Parameters<typeof write>) {
    resolve()
    return write.apply(this, head)
  }
  response.writeHead = marked as typeof write
  return promise
}

/**
 * Lets requests into Next in turns. Rendering a page takes the thread that relays 8 to 13 ms, a route 2 ms, a file half
 * of one. First loads, without a session, are limited for each IP address; browsers with a session only wait
 * (docs/decisions/0062-requests-in-turns.md).
 */
export class RequestTurns {
  readonly #options: RequestTurnsOptions
  readonly #pages: Turns
  readonly #routes: Turns
  readonly #files: Turns

  constructor(options: RequestTurnsOptions) {
    this.#options = options
    const { clock } = options
    this.#pages = new Turns({ together: { ofIp: 1, all: 2 }, rests: true, clock })
    this.#routes = new Turns({ together: { ofIp: 4, all: 12 }, rests: false, gapMs: GAP_MS, clock })
    this.#files = new Turns({ together: { ofIp: 4, all: 12 }, rests: false, clock })
  }

  /** Runs a request when its turn comes, or refuses it. */
  take({ request, response, route, key, run, refuse: refused }: TurnRequest): void {
    const { rates, hasSession } = this.#options
    const isFile = route === '/_next'
    const isPage = !isFile && !route.startsWith('/api/')
    if (isPage && !hasSession(request.headers.cookie ?? '')) {
      const wait = rates.take('pages', { ip: key })
      if (wait > 0) {
        refused(refuse('rate-limited', 'many first visits come from this network; load again', wait))
        return
      }
    }
    if (!isPage && !isFile) {
      const wait = rates.take('routes', { ip: key })
      if (wait > 0) {
        refused(refuse('rate-limited', 'many requests come from this network; try again', wait))
        return
      }
    }
    const turns = isPage ? this.#pages : isFile ? this.#files : this.#routes
    turns.take({
      key,
      // The rest of a file or an answer takes little of this thread, and on a slow link a long time.
      run: isPage ? run : () => Promise.race([headOf(response), run()]),
      refuse: () => refused(refuse('rate-limited', 'too many requests wait; try again', CROWDED_MS)),
      isGone: () => response.destroyed || response.writableEnded,
    })
  }
}
