import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as Y from 'yjs'
import type { Seat } from './seat.ts'
import { textOf } from './updates.ts'
import { type Measured, pause, type RunOptions, until } from './workload.ts'

/* W5: recorded sessions, every keystroke one update, as fast as the server takes them. */

/**
 * Updates in one message where the protocol has a list for them, and the number of such messages of one author in
 * flight.
 */
const LIST = 64
const LISTS_ON_THEIR_WAY = 16
/** Each session is replayed into this many documents at the same time, after a warm-up document. */
const DOCUMENTS = 4

/** Client id of the creator of the empty text; the authors' are 1 and up. */
const MAKER = 1000

interface Recorded {
  readonly endContent: string
  readonly txns: readonly {
    readonly parents?: readonly number[]
    readonly agent?: number
    readonly patches: readonly (readonly [position: number, deleted: number, inserted: string])[]
  }[]
}

interface Keystroke {
  readonly clientId: number
  readonly update: Uint8Array
}

/** A session as updates, in an order in which they can be applied. */
interface Session {
  readonly keystrokes: readonly Keystroke[]
  readonly authors: number
  readonly text: string
  readonly stateBytes: number
  readonly vector: Uint8Array
}

/** Returns the files of recorded sessions: those of the repository, and those of a folder named in BENCH_TRACES. */
export function sessionFiles(): string[] {
  const folders = [join(import.meta.dirname, '../data/traces')]
  if (process.env.BENCH_TRACES) folders.push(process.env.BENCH_TRACES)
  const files = new Map<string, string>()
  for (const folder of folders) {
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.json.gz') && !files.has(name)) files.set(name, join(folder, name))
    }
  }
  return [...files.values()]
}

export async function measureReplay({ system, start }: RunOptions, file: string): Promise<Measured> {
  const session = load(file)
  const server = await start()
  const open = async (document: string, clientId: number) =>
    system.join({ server, document, clientId, guest: 0 })
  const replay = async (document: string) => {
    const [writer, reader] = await Promise.all([open(document, 1), open(document, 90_001)])
    await send(writer, session)
    return [writer, reader] as const
  }
  const seats = [...(await replay('warm'))]
  const before = await server.usage()
  const sessions = Array.from({ length: DOCUMENTS }, (_, i) => replay(`session-${i}`))
  seats.push(...(await Promise.all(sessions)).flat())
  const after = await server.usage()
  const fresh = await open(`session-${DOCUMENTS - 1}`, 90_002)
  const agrees = textOf(...fresh.history) === session.text
  const refusal = seats.find((seat) => seat.refusal !== null)?.refusal
  if (refusal) throw new Error(refusal)
  for (const seat of [...seats, fresh]) seat.close()
  const updates = session.keystrokes.length * DOCUMENTS
  const ms = after.at - before.at
  return {
    ok: agrees,
    figures: {
      updates,
      updatesPerSecond: (updates / ms) * 1000,
      cpuMsPer1000Updates: ((after.cpuMs - before.cpuMs) / updates) * 1000,
      stateBytes: session.stateBytes,
      ...(system.durable ? { diskPerState: await diskPerState(server, session) } : {}),
    },
  }
}

/** Returns the bytes on disk for each byte of state, once background work is done and the server has shut down. */
async function diskPerState(
  server: { stop(options: { keep: boolean }): Promise<void>; diskBytes(): number },
  session: Session,
): Promise<number> {
  let last = -1
  for (let i = 0; i < 40 && last !== server.diskBytes(); i++) {
    last = server.diskBytes()
    await pause(3000)
  }
  await server.stop({ keep: true })
  return server.diskBytes() / ((DOCUMENTS + 1) * session.stateBytes)
}

async function send(writer: Seat, { keystrokes, vector, authors }: Session): Promise<void> {
  const most = LISTS_ON_THEIR_WAY * authors
  let onTheirWay = 0
  writer.watch = {
    acknowledged: (messages) => {
      onTheirWay -= messages
    },
  }
  for (let at = 0; at < keystrokes.length; ) {
    const clientId = keystrokes[at]?.clientId ?? 0
    const list: Uint8Array[] = []
    for (; list.length < LIST; at++) {
      const next = keystrokes[at]
      if (next?.clientId !== clientId) break
      list.push(next.update)
    }
    onTheirWay += writer.sendMany(list, clientId)
    if (onTheirWay >= most) await until(() => onTheirWay < most, 30_000)
  }
  await until(() => onTheirWay <= 0, 30_000)
  await writer.flush(vector)
  writer.watch = null
}

const loaded = new Map<string, Session>()

function load(file: string): Session {
  const known = loaded.get(file)
  if (known) return known
  const recorded: Recorded = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'))
  const { keystrokes, doc } = follow(recorded)
  const text = textOf(...keystrokes.map(({ update }) => update))
  if (text !== `<paragraph>${recorded.endContent}</paragraph>`)
    throw new Error(`${file}: the session did not come to its recorded text`)
  const session = {
    keystrokes,
    authors: new Set(recorded.txns.map(({ agent }) => agent)).size,
    text,
    stateBytes: Y.encodeStateAsUpdate(doc).length,
    vector: Y.encodeStateVector(doc),
  }
  loaded.set(file, session)
  return session
}

/**
 * Follows a recording with every author on their own document, showing each exactly what the recording says they had
 * seen.
 */
function follow({ txns }: Recorded): { keystrokes: Keystroke[]; doc: Y.Doc } {
  const keystrokes: Keystroke[] = []
  const docs = new Map<number, { doc: Y.Doc; read: number; seen: Map<number, number> }>()
  /** By transaction: the number of each author's transactions in its past, its own included. */
  const pasts: Map<number, number>[] = []
  const first = new Y.Doc()
  first.clientID = MAKER
  // Not by tests/support: it uses another copy of Yjs than the peers.
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [new Y.XmlText()])
  first.getXmlFragment('body').insert(0, [paragraph])
  const base = Y.encodeStateAsUpdate(first)
  keystrokes.push({ clientId: MAKER, update: base })

  const authorOf = (agent: number) => {
    const known = docs.get(agent)
    if (known) return known
    const doc = new Y.Doc()
    doc.clientID = agent + 1
    Y.applyUpdate(doc, base, 'other')
    const author = { doc, read: 1, seen: new Map<number, number>() }
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'other') keystrokes.push({ clientId: agent + 1, update })
    })
    docs.set(agent, author)
    return author
  }
  const show = (agent: number, author: ReturnType<typeof authorOf>, past: ReadonlyMap<number, number>) => {
    const lacks = () =>
      [...past].some(([other, count]) => other !== agent && (author.seen.get(other) ?? 0) < count)
    while (lacks()) {
      const next = keystrokes[author.read++]
      if (!next) throw new Error('an edit is on top of one that is not made yet')
      if (next.clientId !== author.doc.clientID) Y.applyUpdate(author.doc, next.update, 'other')
      author.seen.set(next.clientId - 1, (author.seen.get(next.clientId - 1) ?? 0) + 1)
    }
  }

  txns.forEach(({ agent = 0, parents, patches }, index) => {
    const past = new Map<number, number>()
    for (const parent of parents ?? (index > 0 ? [index - 1] : [])) {
      for (const [who, count] of pasts[parent] ?? []) past.set(who, Math.max(past.get(who) ?? 0, count))
    }
    const author = authorOf(agent)
    show(agent, author, past)
    const block = author.doc.getXmlFragment('body').get(0)
    const text = block instanceof Y.XmlElement ? block.get(0) : null
    if (!(text instanceof Y.XmlText)) throw new Error('the text is missing')
    author.doc.transact(() => {
      for (const [position, deleted, inserted] of patches) {
        if (deleted > 0) text.delete(position, deleted)
        if (inserted !== '') text.insert(position, inserted)
      }
    })
    pasts.push(past.set(agent, (past.get(agent) ?? 0) + 1))
  })
  const all = new Y.Doc()
  all.transact(() => {
    for (const { update } of keystrokes) Y.applyUpdate(all, update)
  })
  return { keystrokes, doc: all }
}
