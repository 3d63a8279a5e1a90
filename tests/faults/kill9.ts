import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as passed } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type * as Y from 'yjs'
import { COMPACTION_POLICY } from '#lib/collab/folding/compaction-policy.ts'
import { DATABASE_NAME } from '#lib/storage/files/database-files.ts'
import { Guest } from '../server/guest.ts'
import { firstText } from '../support/paragraph.ts'
import { seededRandom } from '../support/random.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { openWriter, type Writer } from '../support/writer.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

const WRITERS = 4
const TOKEN = /\[[^\]]+\]/g
/**
 * The interval, in kills, at which one falls into the folding of the document: its snapshot, and the trimming of the
 * rows it covers.
 */
const FOLD_EVERY = 10
/** More than a snapshot waits for, and more than is kept of the rows it covers (compactor.ts). */
const FOLD_BYTES = 300_000
/** The compactor begins after this time without typing. */
const QUIET_MS = COMPACTION_POLICY.quietMs
/** The time its worker takes, roughly, to start, to fold and to have the snapshot written. */
const FOLD_MS = 150

/** A writer that types numbered tokens, and records which were acknowledged and which of the others' it has seen. */
class Typist {
  readonly #writer: Writer
  readonly #name: string
  readonly #acknowledged: Set<string>
  #count = 0
  #running = true

  constructor(writer: Writer, name: string, acknowledged: Set<string>, seen: Set<string>) {
    this.#writer = writer
    this.#name = name
    this.#acknowledged = acknowledged
    writer.text().observe((event, transaction) => {
      if (transaction.local) return
      for (const { insert } of event.delta) {
        if (typeof insert === 'string') for (const token of insert.match(TOKEN) ?? []) seen.add(token)
      }
    })
  }

  async run(random: () => number): Promise<void> {
    while (this.#running) {
      const token = `[${this.#name}.${this.#count++}]`
      const text = this.#writer.text()
      text.insert(text.length, token)
      this.#writer.provider.flushed().then(
        () => this.#acknowledged.add(token),
        () => undefined, // killed before the answer
      )
      await passed(random() * 12) // a typing pace: the pause is the input, not a wait for something
    }
  }

  stop(): void {
    this.#running = false
  }
}

/**
 * The real server, killed with SIGKILL at random moments while four people type; a stranger reads first after each
 * restart.
 */
export const kill9: Scenario = {
  name: 'kill9',
  counts: 'kills',
  full: 500,
  short: 25,
  run: killServers,
}

/** Kills servers. `planted` makes the server acknowledge before it commits, which must be found. */
export async function killServers({
  count,
  seed,
  planted = false,
}: ScenarioRun & { readonly planted?: boolean }): Promise<Finding> {
  const plant = pathToFileURL(join(import.meta.dirname, 'early-answers-process.ts')).href
  const server = await startServer({
    env: { LOG_LEVEL: 'error', ...(planted ? { NODE_OPTIONS: `--import ${plant}` } : {}) },
  })
  try {
    return await killAgainAndAgain(server, count, seed)
  } finally {
    await server.stop()
  }
}

async function killAgainAndAgain(server: ServerProcess, count: number, seed: number): Promise<Finding> {
  const random = seededRandom(seed)
  const guests = Array.from({ length: WRITERS }, () => new Guest(server.url))
  const [owner] = guests
  if (!owner) throw new Error('no guest')
  const address = await owner.createDocument()
  const first = await openWriter(server.url, address, { guest: owner })
  first.text()
  await first.provider.flushed()
  await first.close()

  const acknowledged = new Set<string>()
  const seen = new Set<string>()
  const failures: string[] = []
  let slowestJoinMs = 0
  let folded = 0
  let lastSnapshot = 0
  for (let kill = 0; kill < count; kill++) {
    const writers = await Promise.all(guests.map((guest) => openWriter(server.url, address, { guest })))
    const typists = writers.map((writer, i) => new Typist(writer, `${kill}.${i}`, acknowledged, seen))
    const typing = typists.map((typist) => typist.run(random))
    await passed(20 + random() * 300)
    if (kill % FOLD_EVERY === FOLD_EVERY - 1) await untilFolding(writers, typists, random)
    await server.kill('SIGKILL')
    const snapshot = snapshotSeq(server)
    if (snapshot > lastSnapshot) folded++
    lastSnapshot = snapshot
    for (const typist of typists) typist.stop()
    await Promise.all(typing)
    // No previous client may bring anything back before a stranger has read.
    await Promise.all(writers.map((writer) => writer.close()))

    await server.restart()
    const begun = performance.now()
    const reader = await openWriter(server.url, address)
    slowestJoinMs = Math.max(slowestJoinMs, Math.round(performance.now() - begun))
    const tokens = new Set(textOf(reader.doc).match(TOKEN))
    await reader.close()
    for (const token of acknowledged) {
      if (!tokens.has(token)) failures.push(`acknowledged and lost: ${token}, kill ${kill}`)
    }
    for (const token of seen) if (!tokens.has(token)) failures.push(`seen and lost: ${token}, kill ${kill}`)
  }
  const figures = { kills: count, acknowledged: acknowledged.size, seen: seen.size, folded, slowestJoinMs }
  const ok = failures.length === 0 && acknowledged.size > count && seen.size > count
  return { scenario: 'kill9', seed, ok, figures, failures: failures.slice(0, 50) }
}

/** Lets everyone pause after a long text was inserted and deleted. Returns about when the compactor is at work. */
async function untilFolding(
  writers: readonly Writer[],
  typists: readonly Typist[],
  random: () => number,
): Promise<void> {
  for (const typist of typists) typist.stop()
  await Promise.all(writers.map(({ provider }) => provider.flushed()))
  const [writer] = writers
  const text = writer?.text()
  for (const step of [() => text?.insert(0, '·'.repeat(FOLD_BYTES)), () => text?.delete(0, FOLD_BYTES)]) {
    step()
    await writer?.provider.flushed()
  }
  await passed(QUIET_MS + random() * FOLD_MS)
}

function snapshotSeq(server: ServerProcess): number {
  const db = new DatabaseSync(join(server.dataDir, DATABASE_NAME), { readOnly: true })
  try {
    const row = db.prepare('SELECT max(upto_seq) AS seq FROM document_snapshots').get()
    return Number(row?.seq ?? 0)
  } finally {
    db.close()
  }
}

function textOf(doc: Y.Doc): string {
  return firstText(doc)?.toString() ?? ''
}
