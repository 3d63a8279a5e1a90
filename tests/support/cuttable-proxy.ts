import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that fails on command, as networks do. */
export interface CuttableProxy {
  /** Like `http://127.0.0.1:40123`. */
  readonly url: string
  readonly port: number
  /** The connections open now. */
  readonly connections: number
  /** Ends every connection and refuses new ones: both sides notice immediately. */
  cut(): void
  /**
   * Lets nothing through in either direction, and gives no signal: what was sent is lost when `restore` ends the
   * connection.
   */
  blackHole(): void
  /** Holds back data to the target until `restore`; data from it passes. */
  hold(): void
  /** Lets everything through again, held data first. Connections that were in a black hole end now. */
  restore(): void
  close(): Promise<void>
}

interface Pair {
  readonly near: Socket
  readonly far: Socket
  /** Data for the far side, while held back. */
  readonly held: Buffer[]
}

/** Starts the proxy in front of `target` (like `http://127.0.0.1:3000`) on its own port. */
export async function startCuttableProxy(target: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<Pair>()
  let state: 'open' | 'cut' | 'hole' | 'held' = 'open'

  const server = createServer((near) => {
    if (state === 'cut') {
      near.resetAndDestroy()
      return
    }
    const pair: Pair = { near, far: connect(Number(port), hostname), held: [] }
    pairs.add(pair)
    near.setNoDelay()
    pair.far.setNoDelay()
    pair.near.on('data', (bytes) => {
      if (state === 'open') pair.far.write(bytes)
      else if (state === 'held') pair.held.push(bytes)
    })
    // In a black hole data is read and dropped, so neither side sees back-pressure.
    pair.far.on('data', (bytes) => {
      if (state === 'open' || state === 'held') pair.near.write(bytes)
    })
    const end = () => {
      // The end of a connection does not get through a black hole either.
      if (state !== 'hole' && pairs.delete(pair)) destroy(pair)
    }
    for (const socket of [pair.near, pair.far]) {
      socket.on('error', end)
      socket.on('close', end)
    }
  })

  function destroyAll(): void {
    for (const pair of [...pairs]) {
      pairs.delete(pair)
      destroy(pair)
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    get connections() {
      return pairs.size
    },
    cut: () => {
      state = 'cut'
      destroyAll()
    },
    blackHole: () => {
      state = 'hole'
    },
    hold: () => {
      state = 'held'
    },
    restore: () => {
      if (state === 'hole') destroyAll()
      state = 'open'
      for (const { far, held } of pairs) for (const bytes of held.splice(0)) far.write(bytes)
    },
    close: async () => {
      state = 'cut'
      destroyAll()
      server.close()
      await once(server, 'close')
    },
  }
}

function destroy({ near, far }: Pair): void {
  near.resetAndDestroy()
  far.resetAndDestroy()
}
