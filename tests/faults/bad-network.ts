import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** The quality of a network in each direction. */
export interface Weather {
  readonly latencyMs: number
  /** The greatest deviation of the latency, either way. Bytes stay in order. */
  readonly jitterMs: number
  readonly bitsPerSecond: number
}

export const FAIR: Weather = { latencyMs: 0, jitterMs: 0, bitsPerSecond: Number.POSITIVE_INFINITY }

/** A TCP proxy that behaves like a bad network. */
export interface BadNetwork {
  readonly url: string
  /** Applies to bytes that arrive from now on. */
  setWeather(weather: Weather): void
  /** Lets nothing through but loses nothing, as when TCP retransmits: it arrives after `clear`. */
  deadZone(): void
  /** Lets nothing through. The devices in between have forgotten the connections by `clear`. */
  blackHole(): void
  /** Ends the dead zone or the black hole. */
  clear(): void
  /** Resets every connection on both sides. */
  reset(): void
  /** Resets one side's end. The other side gets no signal and believes that it is still connected. */
  halfOpen(stillBelieves: 'client' | 'server'): void
  close(): Promise<void>
}

/** The bytes in transit in one direction, as routers buffer them; beyond that the sender has to wait. */
const BUFFER_BYTES = 32 * 1024
/** The bytes that travel together. */
const SLICE_BYTES = 1400

interface Pair {
  /** The side that does not know of the end. */
  believes: Socket | null
  readonly near: Socket
  readonly far: Socket
  readonly lines: readonly [Line, Line]
}

/** Starts the network in front of `target` (like `http://127.0.0.1:3000`) on its own port. */
export async function startBadNetwork(target: string, random: () => number): Promise<BadNetwork> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<Pair>()
  let weather = FAIR
  let zone: 'open' | 'dead' | 'hole' = 'open'

  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    const pair: Pair = { believes: null, near, far, lines: [line(near, far), line(far, near)] }
    pairs.add(pair)
    for (const socket of [near, far]) {
      socket.setNoDelay()
      socket.on('error', () => undefined) // 'close' follows
      socket.on('close', () => {
        if (!pair.believes || pair.believes === socket) end(pair)
      })
    }
  })

  function line(from: Socket, to: Socket): Line {
    return new Line(from, to, { weather: () => weather, zone: () => zone, random })
  }

  /** Ends a connection, unless in a dead zone: the end cannot get through one either. */
  function end(pair: Pair): void {
    if (zone === 'open') destroy(pair)
  }

  function destroy(pair: Pair): void {
    if (!pairs.delete(pair)) return
    for (const each of pair.lines) each.end()
    pair.near.resetAndDestroy()
    pair.far.resetAndDestroy()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    setWeather: (next) => {
      weather = next
    },
    deadZone: () => {
      zone = 'dead'
    },
    blackHole: () => {
      zone = 'hole'
    },
    clear: () => {
      const before = zone
      zone = 'open'
      for (const pair of [...pairs]) {
        if (before === 'hole' || pair.near.destroyed || pair.far.destroyed) destroy(pair)
        else for (const each of pair.lines) each.deliver()
      }
    },
    reset: () => {
      for (const pair of [...pairs]) destroy(pair)
    },
    halfOpen: (stillBelieves) => {
      for (const pair of pairs) {
        if (pair.believes) continue
        for (const each of pair.lines) each.end()
        const [gone, believes] = stillBelieves === 'client' ? [pair.far, pair.near] : [pair.near, pair.far]
        pair.believes = believes
        believes.resume() // anything it sends is discarded
        gone.resetAndDestroy()
      }
    },
    close: async () => {
      zone = 'open'
      for (const pair of [...pairs]) destroy(pair)
      server.close()
      await once(server, 'close')
    },
  }
}

interface Way {
  readonly weather: () => Weather
  readonly zone: () => 'open' | 'dead' | 'hole'
  readonly random: () => number
}

/** One direction of one connection. */
class Line {
  readonly #from: Socket
  readonly #to: Socket
  readonly #way: Way
  #waiting: { readonly bytes: Buffer; readonly due: number }[] = []
  #waitingBytes = 0
  /** The time at which the last byte so far has left the narrowest place. */
  #freeAt = 0
  #lastDue = 0
  #timer: NodeJS.Timeout | null = null
  #ended = false

  constructor(from: Socket, to: Socket, way: Way) {
    this.#from = from
    this.#to = to
    this.#way = way
    from.on('data', (bytes: Buffer) => this.#take(bytes))
  }

  end(): void {
    this.#ended = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  /** Passes on the bytes that are due. */
  deliver(): void {
    this.#timer = null
    const now = performance.now()
    while (!this.#ended && this.#way.zone() === 'open') {
      const [first] = this.#waiting
      if (!first) break
      if (first.due > now) {
        this.#timer = setTimeout(() => this.deliver(), first.due - now)
        break
      }
      this.#waiting.shift()
      this.#waitingBytes -= first.bytes.length
      this.#to.write(first.bytes)
    }
    if (this.#waitingBytes < BUFFER_BYTES) this.#from.resume()
  }

  #take(bytes: Buffer): void {
    if (this.#ended || this.#way.zone() === 'hole') return
    const { latencyMs, jitterMs, bitsPerSecond } = this.#way.weather()
    const now = performance.now()
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      const slice = bytes.subarray(at, at + SLICE_BYTES)
      this.#freeAt = Math.max(this.#freeAt, now) + (slice.length * 8000) / bitsPerSecond
      const jitter = (2 * this.#way.random() - 1) * jitterMs
      this.#lastDue = Math.max(this.#lastDue, this.#freeAt + latencyMs + jitter)
      this.#waiting.push({ bytes: slice, due: this.#lastDue })
    }
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= BUFFER_BYTES) this.#from.pause()
    if (!this.#timer) this.deliver()
  }
}
