import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { createLog } from '#lib/process/log.ts'
import { closeOnSignal } from '#lib/process/shutdown.ts'
import { startCollaboration } from '../support/collaboration.ts'
import type { Answers, Asked, ServerOrder } from './measured-server.ts'

/*
 * The collaboration side of the server in its own process: it answers questions about itself over IPC and obeys
 * signals as server.ts does. Ends with its parent.
 */

const { dataDir, port, settings }: ServerOrder = JSON.parse(process.argv[2] ?? '{}')

/** The times at which connections asked to become WebSockets, ms since the epoch. */
const arrivals: number[] = []
const connections = new Set<Socket>()
const httpServer = createServer((_request, response) => response.writeHead(404).end())
httpServer.on('upgrade', () => arrivals.push(Date.now()))
httpServer.on('connection', (socket) => {
  connections.add(socket)
  socket.once('close', () => connections.delete(socket))
})
const threads = new Set<Worker>()
process.on('worker', (thread) => {
  threads.add(thread)
  thread.once('exit', () => threads.delete(thread))
})
const delay = monitorEventLoopDelay({ resolution: 2 })
delay.enable()
const server = await startCollaboration(settings, { dataDir, port, httpServer })
let owner: CookieSession | null = null
let author: CookieSession | null = null
const authored: string[] = []
let computed = process.threadCpuUsage()
let mostBytes = process.resourceUsage().maxRSS * 1024

const answers: { [Name in keyof Answers]: () => Promise<Answers[Name]> | Answers[Name] } = {
  async guest() {
    const { profile, sessionId } = await server.guest()
    return { userId: profile.userId, sessionId }
  },
  async document() {
    owner ??= await server.guest()
    return server.document(owner)
  },
  async author() {
    author = await server.guest()
    return { userId: author.profile.userId, sessionId: author.sessionId }
  },
  async authored() {
    if (!author) throw new Error('there is no author')
    const { address, documentId } = await server.document(author)
    authored.push(documentId)
    return address
  },
  async erase() {
    const [first = ''] = authored.splice(0, 1)
    const { catalog } = server.store
    await server.collaboration.endDeleted(first)
    await catalog.delete(first, author?.profile.userId ?? '', Date.now())
    await catalog.erase(first, author?.profile.userId ?? '')
    return null
  },
  used: () => server.store.catalog.usedBy(author?.profile.userId ?? ''),
  watch() {
    delay.reset()
    computed = process.threadCpuUsage()
    mostBytes = process.resourceUsage().maxRSS * 1024
    arrivals.splice(0)
    return null
  },
  seen() {
    const { user, system } = process.threadCpuUsage(computed)
    return {
      stallMs: Math.round(delay.max / 1e6),
      computingMs: Math.round((user + system) / 1000),
      grownBytes: process.resourceUsage().maxRSS * 1024 - mostBytes,
      arrivals,
      connections: connections.size,
    }
  },
  drop() {
    for (const socket of connections) socket.resetAndDestroy()
    return null
  },
  async collect() {
    // Another thread's garbage can only be collected by requesting a snapshot of its heap.
    for (const thread of threads) {
      const snapshot = await thread.getHeapSnapshot()
      snapshot.resume()
      await once(snapshot, 'end')
    }
    return null
  },
  async weigh() {
    // Objects that finalizers release in one turn of the loop are gone after the next collection.
    for (let collection = 0; collection < 3; collection++) {
      globalThis.gc?.()
      await nextTurn()
    }
    // A thread that ends in the meantime counts as nothing.
    const heaps = await Promise.all(
      [...threads].map((thread) => thread.getHeapStatistics().catch(() => null)),
    )
    const threadBytes = heaps.reduce(
      (sum, heap) => sum + (heap ? heap.used_heap_size + heap.external_memory : 0),
      0,
    )
    const { heapUsed, external, rss } = process.memoryUsage()
    const kinds: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo()) kinds[kind] = (kinds[kind] ?? 0) + 1
    return {
      bytes: heapUsed + external,
      threadBytes,
      rss,
      unsentBytes: [...connections].reduce((sum, { writableLength }) => sum + writableLength, 0),
      handles: kinds,
      files: readdirSync('/proc/self/fd').length,
    }
  },
}

process.on('message', ({ id, ask }: Asked) => {
  const answer = async () => process.send?.({ id, answer: await answers[ask]() })
  answer().catch((error: unknown) => process.send?.({ id, failed: String(error) }))
})
process.on('disconnect', () => process.exit(1))
closeOnSignal([{ what: 'collaboration', close: () => server.close() }], createLog('silent'))
// Everything up to here belongs to the start.
delay.reset()
process.send?.({ url: server.url })
