import { writeDocument } from './room.ts'
import type { Seat } from './seat.ts'
import type { ServerProcess } from './server-process.ts'
import type { System } from './systems.ts'
import { AUTHOR, editorId, type Typing, typing } from './typing.ts'
import { textOf } from './updates.ts'
import { type Measured, pause, type RunOptions, until } from './workload.ts'

/* W3 and a half of W6: many documents with two people each. */

const PAIR = 2
const DOCUMENTS_AT_ONCE = 25
/** One heartbeat of every socket of ours and of the bare relay; peers with longer ones have an advantage here. */
const IDLE_MS = 30_000
const KEYSTROKES = 20
/** Quiet means less CPU than this in a second, ms; waited for at most this many seconds. */
const QUIET_MS = 50
const SETTLED_WITHIN_S = 20
const KILOBYTE = 1024

/** W3: measures the cost of a document with two idle clients. */
export async function measureIdle({ system, start }: RunOptions, documents: number): Promise<Measured> {
  const server = await start()
  const text = typing(PAIR, KEYSTROKES)
  const warm = await openPairs(system, server, text, DOCUMENTS_AT_ONCE, 'warm')
  await typeInAll(system, warm, text)
  await settle(server)
  const before = await server.usage()
  const pairs = await openPairs(system, server, text, documents, 'idle')
  await typeInAll(system, pairs, text)
  await settle(server)
  const opened = await server.usage()
  await pause(IDLE_MS)
  const after = await server.usage()
  const refused = pairs.flat().find(({ refusal }) => refusal !== null)?.refusal
  const kept = system.keeps ? await readBack(system, server, `idle-${documents - 1}`) : null
  for (const seat of [...warm, ...pairs].flat()) seat.close()
  return {
    ok: !refused && (kept === null || kept === expectedText(text, KEYSTROKES)),
    figures: {
      documents,
      clients: documents * PAIR,
      memoryKbPerDocument: (opened.rss - before.rss) / documents / KILOBYTE,
      heapKbPerDocument: (opened.heap - before.heap) / documents / KILOBYTE,
      idleCore: (after.cpuMs - opened.cpuMs) / (after.at - opened.at),
    },
  }
}

/** Measures the same updates spread over more and more documents. CPU ms per 1,000 updates. */
export async function measureSpread(
  { system, start, seconds }: RunOptions,
  { documents, updatesPerSecond }: { documents: number; updatesPerSecond: number },
): Promise<{ ok: boolean; cpuMsPer1000Updates: number }> {
  const server = await start()
  const count = updatesPerSecond * seconds
  const text = typing(1, Math.ceil((2 * count) / documents) + 1)
  const pairs = await openPairs(system, server, text, documents, 'spread')
  await settle(server)
  let received = 0
  const others = pairs.flatMap(([, other]) => (other ? [other] : []))
  for (const other of others) {
    other.watch = {
      updates: (updates) => {
        received += updates.length
      },
    }
  }
  let next = 0
  const type = async (updates: number) => {
    const begun = performance.now()
    const target = received + updates
    for (let sent = 0; sent < updates; ) {
      for (; sent < updates && begun + (sent * 1000) / updatesPerSecond <= performance.now(); sent++) {
        const [writer] = pairs[next % documents] ?? []
        const update = text.editors[0]?.updates[Math.floor(next / documents)]
        next++
        if (writer && update) writer.send(update)
      }
      await pause(1)
    }
    await until(() => received >= target, 20_000)
    return received === target
  }
  const warmed = await type(count)
  const before = await server.usage()
  const ok = await type(count)
  const after = await server.usage()
  for (const seat of pairs.flat()) seat.close()
  await server.stop()
  return { ok: ok && warmed, cpuMsPer1000Updates: ((after.cpuMs - before.cpuMs) / count) * 1000 }
}

type Pair = readonly Seat[]

async function openPairs(
  system: System,
  server: ServerProcess,
  text: Typing,
  documents: number,
  name: string,
): Promise<Pair[]> {
  const pairs: Pair[] = []
  for (let at = 0; at < documents; at += DOCUMENTS_AT_ONCE) {
    const count = Math.min(DOCUMENTS_AT_ONCE, documents - at)
    const opening = Array.from({ length: count }, (_, i) =>
      openPair(system, server, text, `${name}-${at + i}`),
    )
    pairs.push(...(await Promise.all(opening)))
  }
  return pairs
}

async function openPair(
  system: System,
  server: ServerProcess,
  text: Typing,
  document: string,
): Promise<Pair> {
  const author = system.keeps ? await writeDocument({ server, document }, system, [text.base]) : null
  const joining = Array.from({ length: PAIR }, (_, i) =>
    system.join({ server, document, clientId: editorId(i), guest: i }),
  )
  const pair = await Promise.all(joining)
  author?.close()
  return pair
}

/** Lets everyone type the same few words, documents in turn. */
async function typeInAll(system: System, pairs: readonly Pair[], text: Typing): Promise<void> {
  for (let at = 0; at < pairs.length; at += DOCUMENTS_AT_ONCE) {
    const some = pairs.slice(at, at + DOCUMENTS_AT_ONCE)
    await Promise.all(
      some.map((pair) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        const [first] = pair
        let missing = system.keeps ? PAIR * KEYSTROKES : 0
        if (!first || missing === 0) return null
        first.watch = {
          updates: (updates) => {
            missing -= updates.length
            if (missing <= 0) resolve()
          },
        }
        // One by one and not together, or a peer that merges what comes together would send less.
        return typeInTurn(pair, text).then(() => Promise.race([promise, pause(1000)]))
      }),
    )
    for (const [first] of some) if (first) first.watch = null
  }
}

async function typeInTurn(pair: Pair, text: Typing): Promise<void> {
  for (let k = 0; k < KEYSTROKES; k++) {
    for (const [i, seat] of pair.entries()) {
      const update = text.editors[i]?.updates[k]
      if (update) seat.send(update)
    }
    if (k % 5 === 4) await pause(1)
  }
}

/**
 * Waits until the work that follows typing (a snapshot, a title) is done, and the server has been quiet for a second.
 */
async function settle(server: ServerProcess): Promise<void> {
  await pause(3000)
  for (let i = 0; i < SETTLED_WITHIN_S; i++) {
    const before = await server.usage()
    await pause(1000)
    const after = await server.usage()
    if (after.cpuMs - before.cpuMs < QUIET_MS) break
  }
  await server.ask('collect')
  await pause(500)
}

async function readBack(system: System, server: ServerProcess, document: string): Promise<string> {
  const reader = await system.join({ server, document, clientId: AUTHOR + 1, guest: 0 })
  reader.close()
  return textOf(...reader.history)
}

function expectedText(text: Typing, keystrokes: number): string {
  return textOf(text.base, ...text.editors.flatMap(({ updates }) => updates.slice(0, keystrokes)))
}
