import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as passed } from 'node:timers/promises'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { until } from '../support/writer.ts'
import { MeasuredServer } from './measured-server.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const WRITERS = 4
const EDIT_BYTES = 200_000
/** The writing speed, bytes a second: 71 MB in 15 s. A busy machine takes longer. */
const PACE = 71e6 / 15
/** The most that a stalled reader may cost, compared with the same edits without one. */
const MOST_BYTES = 5 * 1024 * 1024
/** Megabytes from which the growth of the whole process says something about one reader. */
const TELLS_FROM = 71
const CUT_WITHIN_MS = 25_000
const IN_SYNC_WITHIN_MS = 30_000

/**
 * Writes megabytes of edits while one client does not read; measures the cost to the server, and whether the client
 * catches up afterwards.
 */
export const slowReader: Scenario = {
  name: 'slow-reader',
  counts: 'megabytes',
  full: 71,
  short: 12,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const failures: string[] = []
    const control = await measure(count, false, failures)
    const stalled = await measure(count, true, failures)
    const cost = stalled.grownBytes - control.grownBytes
    // Memory varies with the data on its way to the disk: it is conclusive only if much more than that was written.
    if (count >= TELLS_FROM && cost > MOST_BYTES)
      failures.push(`a reader that does not read costs ${cost} bytes`)
    if (stalled.unsentBytes > MOST_BYTES) failures.push(`${stalled.unsentBytes} bytes wait for a reader`)
    const figures = {
      megabytes: count,
      writingMs: stalled.writingMs,
      controlBytes: control.grownBytes,
      stalledBytes: stalled.grownBytes,
      costBytes: cost,
      unsentBytes: stalled.unsentBytes,
      cutMs: stalled.cutMs,
      stallMs: stalled.stallMs,
    }
    return { scenario: 'slow-reader', seed, ok: failures.length === 0, figures, failures }
  },
}

interface Measured {
  readonly grownBytes: number
  /** The most that waited in the server's sockets. */
  readonly unsentBytes: number
  readonly writingMs: number
  readonly cutMs: number
  readonly stallMs: number
}

async function measure(megabytes: number, stalls: boolean, failures: string[]): Promise<Measured> {
  const server = await MeasuredServer.start(WRITERS + 1)
  const proxy = await StallingProxy.start(Number(new URL(server.url).port))
  try {
    const { address } = await server.ask('document')
    const writers = Array.from({ length: WRITERS }, (_, i) => server.open(address, i))
    const reader = server.open(address, WRITERS, { url: proxy.url })
    await Promise.all([...writers, reader].map((each) => until(each, () => each.synced, IN_SYNC_WITHIN_MS)))
    const before = await server.ask('weigh')
    await server.ask('watch')
    const begun = performance.now()
    const weights: number[] = []
    let unsentBytes = 0
    if (stalls) proxy.stall()
    const edits = Math.ceil((megabytes * 1e6) / EDIT_BYTES)
    for (let edit = 0; edit < edits; edit += WRITERS) {
      await Promise.all(writers.map((writer, i) => rewrite(writer, edit + i)))
      const weighed = await server.ask('weigh')
      weights.push(weighed.bytes)
      unsentBytes = Math.max(unsentBytes, weighed.unsentBytes)
      // The pace of the writing, not a wait for something.
      const due = begun + (1000 * (edit + WRITERS) * EDIT_BYTES) / PACE
      await passed(Math.max(0, due - performance.now()))
    }
    const writingMs = performance.now() - begun
    const { stallMs } = await server.ask('seen')
    let cutMs = 0
    if (stalls) {
      await within(CUT_WITHIN_MS, proxy.cut, () => failures.push('the reader was not cut'))
      cutMs = Math.round(performance.now() - begun)
      proxy.goOn()
    }
    const [first] = writers
    const same = (): boolean => textOf(reader) === (first && textOf(first))
    await until(reader, () => reader.synced && same(), IN_SYNC_WITHIN_MS).catch(() => {
      failures.push('the reader is not in sync afterwards')
    })
    await Promise.all([...writers, reader].map((each) => each.destroy()))
    // The median: the data on its way to the disk varies from moment to moment.
    const middle = weights.sort((a, b) => a - b)[Math.floor(weights.length / 2)] ?? before.bytes
    return {
      grownBytes: middle - before.bytes,
      unsentBytes,
      writingMs: Math.round(writingMs),
      cutMs,
      stallMs,
    }
  } finally {
    proxy.close()
    await server.stop()
  }
}

/** Replaces this writer's last text with one of the same length. */
async function rewrite(writer: CollabProvider, edit: number): Promise<void> {
  const body = writer.doc.getXmlFragment('body')
  writer.doc.transact(() => {
    // Everyone deletes what others wrote: the document stays small, and the rows do not.
    if (body.length > WRITERS) body.delete(0, body.length)
    body.insert(0, [paragraphOf(String.fromCharCode(97 + (edit % 26)).repeat(EDIT_BYTES))])
  })
  await writer.flushed()
}

function textOf({ doc }: CollabProvider): string {
  return doc.getXmlFragment('body').toString()
}

async function within(ms: number, event: Promise<void>, late: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      late()
      resolve()
    }, ms)
  })
  await Promise.race([event, deadline])
  clearTimeout(timer)
}

/** A proxy between one client and the server that stops reading from the server on command. */
class StallingProxy {
  readonly url: string
  readonly #close: () => void
  readonly #upstreams = new Set<Socket>()
  readonly #cut = Promise.withResolvers<void>()
  #stalled = false

  private constructor(url: string, close: () => void) {
    this.url = url
    this.#close = close
  }

  static async start(port: number): Promise<StallingProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port: own } = server.address() as AddressInfo
    const proxy = new StallingProxy(`http://127.0.0.1:${own}`, () => server.close())
    server.on('connection', (client) => proxy.#join(client, connect({ port, host: '127.0.0.1' })))
    return proxy
  }

  /** Resolves when the server has ended a stalled connection. */
  get cut(): Promise<void> {
    return this.#cut.promise
  }

  stall(): void {
    this.#stalled = true
    for (const upstream of this.#upstreams) upstream.pause()
  }

  goOn(): void {
    this.#stalled = false
    for (const upstream of this.#upstreams) upstream.resume()
  }

  close(): void {
    for (const upstream of this.#upstreams) upstream.destroy()
    this.#close()
  }

  #join(client: Socket, upstream: Socket): void {
    this.#upstreams.add(upstream)
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', (data) => client.write(data))
    const end = (): void => {
      if (this.#stalled) this.#cut.resolve()
      this.#upstreams.delete(upstream)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    // Only a writer notices a reset, not a socket that does not read.
    const probe = setInterval(
      () => upstream.writable && this.#stalled && upstream.write(webSocketPong()),
      1000,
    )
    upstream.on('close', () => clearInterval(probe))
  }
}

/** Returns an empty, masked pong: every WebSocket accepts one at any time without answering. */
function webSocketPong(): Uint8Array {
  return Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0)
}
