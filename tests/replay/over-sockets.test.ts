import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest'
import * as Y from 'yjs'
import { CollabProvider } from '#lib/client/collab-provider.ts'
import { Guest } from '../server/guest.ts'
import { startRefusingProxy } from '../support/refusing-proxy.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { loadTrace } from '../support/trace.ts'
import { followInOneProcess, textIn } from './reference.ts'
import { replay } from './replay.ts'

// Some 3,000 hand-overs each, at 20 ms between the commits of a busy server.
vi.setConfig({ testTimeout: 240_000 })

let server: ServerProcess
beforeAll(async () => {
  server = await startServer({ env: { LOG_LEVEL: 'warn' } })
})
afterAll(async () => {
  await server.stop()
  // Full speed is far more than what people did, and still no client was told to wait.
  expect(server.logs()).not.toContain('socket.rate-limited')
})

// Side by side: a replay waits for the server's commits most of the time.
describe.concurrent.each(['friendsforever', 'clownschool'] as const)('%s', (name) => {
  const trace = loadTrace(name)
  const reference = followInOneProcess(trace)
  const everyText = Array.from({ length: trace.authors }, () => trace.endContent)

  test('over WebSocket, every author and a newcomer come to the recorded text', async (context) => {
    const address = await new Guest(server.url).createDocument()
    const authors = await Promise.all(
      everyText.map((_, author) => join(context, server.url, address, author + 1)),
    )
    expect(await replay(trace, reference, authors)).toEqual(everyText)
    expect(authors.map(({ status }) => status.transport)).toEqual(everyText.map(() => 'websocket'))
    const newcomer = await join(context, server.url, address, 100)
    expect(textIn(newcomer.doc).toString()).toBe(trace.endContent)
  })

  test('over long polling only, behind a proxy that refuses WebSockets, too', async (context) => {
    const proxy = await startRefusingProxy(server.url)
    context.onTestFinished(() => proxy.close())
    const address = await new Guest(server.url).createDocument()
    const authors = await Promise.all(
      everyText.map((_, author) => join(context, proxy.url, address, author + 1)),
    )
    expect(await replay(trace, reference, authors)).toEqual(everyText)
    expect(authors.map(({ status }) => status.transport)).toEqual(everyText.map(() => 'polling'))
    expect(proxy.refused).toBeGreaterThanOrEqual(trace.authors)
  })
})

/** Joins as a separate guest with that client id. Resolves once everything is here. */
async function join(
  context: TestContext,
  url: string,
  address: string,
  clientId: number,
): Promise<CollabProvider> {
  const guest = new Guest(url)
  const doc = new Y.Doc()
  doc.clientID = clientId
  const auth = async () => (await guest.session()).token
  const provider = new CollabProvider({ url, address, doc, auth })
  context.onTestFinished(() => provider.destroy())
  await new Promise<void>((resolve, reject) => {
    provider.on('synced', (synced) => {
      if (synced) resolve()
    })
    provider.on('status', ({ phase, problem }) => {
      if (phase === 'ended') reject(new Error(`could not join: ${problem}`))
    })
  })
  return provider
}
