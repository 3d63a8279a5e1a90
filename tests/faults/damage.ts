import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as passed } from 'node:timers/promises'
import * as Y from 'yjs'
import { CollabProvider } from '#lib/client/collab-provider.ts'
import { DATABASE_NAME } from '#lib/storage/files/database-files.ts'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'
import { Guest } from '../server/guest.ts'
import { firstText } from '../support/paragraph.ts'
import { seededRandom } from '../support/random.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { openWriter, until, type Writer } from '../support/writer.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

/** Values of a document, in each of which one bit is flipped: `table.column`, and the order that selects the row. */
const VALUES = [
  ['document_log.entries', 'ORDER BY seq DESC'],
  ['document_log.entries', 'ORDER BY seq'],
  ['document_log.chain', 'ORDER BY seq DESC'],
  ['document_log.chain', 'ORDER BY seq'],
  ['document_snapshots.state', ''],
  ['document_snapshots.vector', ''],
  ['document_snapshots.chain', ''],
  ['document_snapshots.sha256', ''],
  ['document_snapshots.head_sha256', ''],
  ['document_clients.user_id', ''],
  ['documents.head_chain', ''],
] as const
const SOUND = 2
/** The size of a paste. Six of them are folded into a snapshot, and the oldest rows trimmed. */
const PASTE_BYTES = 50_000
const PASTES = 6
const SNAPSHOTS_WITHIN_MS = 30_000

interface Victim {
  readonly documentId: string
  readonly address: string
  readonly writer: Writer
  /** The text before the damage. */
  readonly text: string
  /** The value to damage; null if the document stays sound. */
  readonly value: (typeof VALUES)[number] | null
}

/**
 * Flips bits at rest. In a row or snapshot, only that document is quarantined, both for new and for returning
 * clients, and named in the log. Anywhere in the file, verifying finds it. Counts the latter.
 */
export const damage: Scenario = {
  name: 'damage',
  counts: 'bits flipped anywhere',
  full: 2000,
  short: 60,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const random = seededRandom(seed)
    const failures: string[] = []
    const server = await startServer({ env: { LOG_LEVEL: 'error' } })
    const copies = mkdtempSync(join(tmpdir(), 'commonplace-damage-'))
    const database = join(server.dataDir, DATABASE_NAME)
    const copy = join(copies, DATABASE_NAME)
    try {
      const victims = await prepare(server)
      await server.kill('SIGTERM')
      copyFileSync(database, copy)
      copyFileSync(`${database}.seal`, `${copy}.seal`)
      failures.push(...verifyDatabase(server.dataDir).problems.map((problem) => `before: ${problem}`))
      for (const victim of victims) if (victim.value) flipValue(database, victim, victim.value, random)
      await server.restart()
      for (const victim of victims) failures.push(...(await examine(server, victim)))
      for (const { writer } of victims) await writer.close()
      await server.kill('SIGTERM')
      failures.push(...misnamed(server, victims))
      const anywhere = flipAnywhere(copy, copies, count, random)
      failures.push(...anywhere.missed.map((what) => `not found: ${what}`))
      const figures = {
        quarantined: VALUES.length,
        flipped: count,
        found: anywhere.found,
        missed: anywhere.missed.length,
      }
      const ok = failures.length === 0
      return { scenario: 'damage', seed, ok, figures, failures: failures.slice(0, 50) }
    } finally {
      await server.stop()
      rmSync(copies, { recursive: true })
    }
  },
}

/** Creates a document for each value, and sound ones: a snapshot, older rows that are still kept, and newer rows. */
async function prepare(server: ServerProcess): Promise<Victim[]> {
  const database = join(server.dataDir, DATABASE_NAME)
  const written: Omit<Victim, 'text'>[] = []
  const values = [...VALUES, ...Array.from({ length: SOUND }, () => null)]
  const known = new Set<string>()
  for (const value of values) {
    const guest = new Guest(server.url)
    const address = await guest.createDocument()
    const ids = read<{ id: string }>(database, 'SELECT id FROM documents').map(({ id }) => id)
    const documentId = ids.find((id) => !known.has(id)) ?? ''
    known.add(documentId)
    const writer = await openWriter(server.url, address, { guest })
    for (let paste = 0; paste < PASTES; paste++) {
      const text = writer.text()
      text.insert(text.length, `${documentId} ${paste} `.padEnd(PASTE_BYTES, '·'))
      await writer.provider.flushed()
    }
    written.push({ documentId, address, writer, value })
  }
  const end = performance.now() + SNAPSHOTS_WITHIN_MS
  while (read(database, 'SELECT 1 FROM document_snapshots').length < values.length) {
    if (performance.now() > end) throw new Error('documents are not folded')
    await passed(100) // the server does not report folding
  }
  const victims: Victim[] = []
  for (const victim of written) {
    for (const word of ['after ', 'the ', 'snapshot']) {
      const text = victim.writer.text()
      text.insert(text.length, word)
      await victim.writer.provider.flushed()
    }
    victims.push({ ...victim, text: victim.writer.text().toString() })
  }
  return victims
}

function flipValue(
  database: string,
  { documentId }: Victim,
  [value, order]: (typeof VALUES)[number],
  random: () => number,
): void {
  const [table = '', column = ''] = value.split('.')
  const key = table === 'documents' ? 'id' : 'document_id'
  const db = new DatabaseSync(database)
  try {
    const where = `WHERE ${key} = ? ${order} LIMIT 1`
    const found = db.prepare(`SELECT ${column} AS it FROM ${table} ${where}`).get(documentId)?.it
    if (found === undefined || found === null) throw new Error(`no ${value}`)
    const bytes = Buffer.from(typeof found === 'string' ? found : (found as Uint8Array))
    flip(bytes, random)
    // Text stays text, whatever character the bit makes of it.
    const type = typeof found === 'string' ? 'TEXT' : 'BLOB'
    const only = order === '' ? '' : `AND seq = (SELECT seq FROM ${table} WHERE ${key} = ?2 ${order} LIMIT 1)`
    const sql = `UPDATE ${table} SET ${column} = CAST(?1 AS ${type}) WHERE ${key} = ?2 ${only}`
    if (db.prepare(sql).run(bytes, documentId).changes !== 1) throw new Error(`not one ${value}`)
  } finally {
    db.close()
  }
}

/** Examines the document as a stranger finds it, and the fate of the page that was open all the time. */
async function examine(server: ServerProcess, { address, writer, text, value }: Victim): Promise<string[]> {
  const what = value === null ? 'a sound document' : `a document with damage in ${value.join(' ')}`
  const failures: string[] = []
  const guest = new Guest(server.url)
  const doc = new Y.Doc()
  const auth = async () => (await guest.session()).token
  const provider = new CollabProvider({ url: server.url, address, auth, doc })
  try {
    for (const each of [provider, writer.provider]) {
      await until(each, () => (value === null ? each.synced : each.status.phase === 'ended'), 20_000)
      const { problem } = each.status
      if (problem !== (value === null ? null : 'document-damaged')) failures.push(`${what}: ${problem}`)
    }
    const shown = firstText(doc)?.toString() ?? ''
    if (shown !== (value === null ? text : '')) failures.push(`${what} shows something else`)
    if (writer.text().toString() !== text) failures.push(`${what} changed an open page`)
    if (value === null) {
      writer.text().insert(0, 'still writable ')
      await writer.provider.flushed()
    }
  } catch (error) {
    failures.push(`${what}: ${error instanceof Error ? error.message : error}`)
  } finally {
    await provider.destroy()
  }
  return failures
}

/** Returns the mistakes of the log and of `npm run verify`, which must name the damaged documents and no others. */
function misnamed(server: ServerProcess, victims: readonly Victim[]): string[] {
  const { problems } = verifyDatabase(server.dataDir)
  const lines = server.logs().split('\n')
  return victims.flatMap(({ documentId, value }) => {
    const inLog = lines.some((line) => line.includes('room.document-damaged') && line.includes(documentId))
    const inProblems = problems.some((problem) => problem.startsWith(`document ${documentId}: `))
    const isNamed = inLog && inProblems
    const isUnnamed = !inLog && !inProblems
    if (value === null ? isUnnamed : isNamed) return []
    return [
      `${value?.join(' ') ?? 'sound'}: ${inLog ? '' : 'not '}in the log, ${inProblems ? '' : 'not '}by verify`,
    ]
  })
}

/** Flips one bit at a time anywhere in the file. */
function flipAnywhere(copy: string, folder: string, count: number, random: () => number) {
  const file = openSync(copy, 'r+')
  const size = statSync(copy).size
  const missed: string[] = []
  let found = 0
  const byte = Buffer.alloc(1)
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random() * size)
    readSync(file, byte, 0, 1, at)
    const before = byte[0] ?? 0
    flip(byte, random)
    writeSync(file, byte, 0, 1, at)
    if (verifyDatabase(folder).problems.length > 0) found++
    else missed.push(`a bit of byte ${at} of ${size}`)
    byte[0] = before
    writeSync(file, byte, 0, 1, at)
  }
  closeSync(file)
  return { found, missed }
}

function read<Row>(database: string, sql: string): Row[] {
  const db = new DatabaseSync(database, { readOnly: true })
  try {
    return db.prepare(sql).all() as Row[]
  } finally {
    db.close()
  }
}

function flip(bytes: Buffer, random: () => number): void {
  const at = Math.floor(random() * bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
}
