import { once } from 'node:events'
import { createServer, request } from 'node:http'

/** An HTTP proxy like that of some companies: passes requests on and refuses every WebSocket. */
export interface RefusingProxy {
  /** Like `http://127.0.0.1:40123`. */
  readonly url: string
  /** The number of refused upgrades. */
  readonly refused: number
  /** The number of requests passed on. */
  readonly passed: number
  close(): Promise<void>
}

/** Starts the proxy in front of `target` (like `http://127.0.0.1:3000`) on its own port. */
export async function startRefusingProxy(target: string): Promise<RefusingProxy> {
  let refused = 0
  let passed = 0

  const server = createServer((incoming, outgoing) => {
    passed++
    const onward = request(new URL(incoming.url ?? '/', target), {
      method: incoming.method,
      headers: { ...incoming.headers },
    })
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => {
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
    })
    // Abort a poll at the server if the client aborts it, or its answer would be lost here.
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  server.on('upgrade', (_request, socket) => {
    refused++
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('an HTTP server has a port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    get refused() {
      return refused
    },
    get passed() {
      return passed
    },
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
