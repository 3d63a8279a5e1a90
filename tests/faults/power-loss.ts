import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Assemblies } from '#lib/collab/assembly.ts'
import { NO_BUDGETS } from '#lib/collab/budget.ts'
import { Room } from '#lib/collab/room.ts'
import { openDatabase } from '#lib/storage/sqlite/database.ts'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'
import { chainHash, compactionOf, DOCUMENTS, type DocumentName, rowOf } from '../support/known-log.ts'
import { seededRandom } from '../support/random.ts'
import type { Report } from './power-loss-writer.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'
import { compileShim } from './shim/compile.ts'

/** The number of cuts in one folder, each on the remains of the one before; then a new folder begins. */
const CUTS_PER_FOLDER = 12
/** The writer does not end by itself; one that does not reach its cut is ended after this time. */
const CUT_WITHIN_MS = 60_000

/** Everything that the writer was told is on disk, over all cuts of one folder. */
class Acknowledged {
  readonly created = new Set<DocumentName>()
  readonly heads = new Map<DocumentName, number>()
  readonly snapshots = new Map<DocumentName, number>()
  /** Rows up to here may be gone. */
  readonly trimmed = new Map<DocumentName, number>()
  readonly people = new Set<string>()

  take(report: Report): void {
    if ('created' in report) this.created.add(report.created)
    if ('committed' in report) for (const [name, seq] of report.committed) raise(this.heads, name, seq)
    if ('compacted' in report) raise(this.snapshots, report.compacted, report.seq)
    if ('trimming' in report) raise(this.trimmed, report.trimming, report.upto)
    if ('person' in report) this.people.add(report.person)
  }
}

function raise(marks: Map<DocumentName, number>, name: DocumentName, seq: number): void {
  marks.set(name, Math.max(marks.get(name) ?? 0, seq))
}

interface Cut {
  readonly folder: string
  readonly at: number
  readonly seed: number
  /** The number of the sync that fails as well; null for none. */
  readonly eioAt: number | null
  readonly planted: boolean
}

/** Lets the writer work until its power is cut. */
async function cutPower(cut: Cut): Promise<{ reports: Report[]; failures: string[] }> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'power-loss-writer.ts'), cut.folder, String(cut.seed)],
    {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        LD_PRELOAD: compileShim('power-cut'),
        SHIM_FOLDER: cut.folder,
        SHIM_CUT_AT: String(cut.at),
        SHIM_SEED: String(cut.seed),
        ...(cut.eioAt === null ? {} : { SHIM_EIO_AT: String(cut.eioAt) }),
        ...(cut.planted ? { SHIM_PLANTED: 'no-sync' } : {}),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, CUT_WITHIN_MS)
  await once(child, 'close')
  clearTimeout(timer)
  const lines = Buffer.concat(out).toString().split('\n').slice(0, -1)
  const reports = lines.map((line): Report => JSON.parse(line))
  const failures: string[] = []
  if (late) failures.push(`no cut within ${CUT_WITHIN_MS} ms`)
  else if (child.signalCode !== 'SIGKILL')
    failures.push(`ended before the cut with ${child.exitCode}: ${Buffer.concat(err)}${lines.at(-1)}`)
  for (const report of reports) {
    if ('failed' in report) failures.push(`the writer failed: ${report.failed}`)
    if ('rejected' in report && cut.eioAt === null) failures.push(`rejected: ${report.rejected}`)
    if ('opened' in report && report.restored) failures.push('taken for an older copy at the next start')
  }
  return { reports, failures }
}

/**
 * Opens the remains, as the next start would, and looks for everything acknowledged. Leaves the folder itself as it
 * is.
 */
function losses(folder: string, acknowledged: Acknowledged): string[] {
  const copy = `${folder}-copy`
  cpSync(folder, copy, { recursive: true })
  try {
    const failures: string[] = []
    // As the files are, before anything is repaired.
    const before = acknowledged.created.size > 0 ? verifyDatabase(copy).problems : []
    failures.push(...before.map((problem) => `corrupt: ${problem}`))
    const database = openDatabase(copy, () => undefined)
    try {
      if (database.mark.countStart(1)) failures.push('corrupt: taken for an older copy')
      for (const name of DOCUMENTS) failures.push(...lossesOf(name, database.log, acknowledged))
      const people = new Set(
        database.accounts.query(null, 'SELECT id FROM user', []).rows.map(({ id }) => id),
      )
      for (const id of acknowledged.people) if (!people.has(id)) failures.push(`lost: ${id}`)
    } finally {
      database.close()
    }
    const { problems } = verifyDatabase(copy)
    return [...failures, ...problems.map((problem) => `corrupt: ${problem}`)]
  } catch (error) {
    return [`corrupt: ${error instanceof Error ? error.message : String(error)}`]
  } finally {
    rmSync(copy, { recursive: true })
  }
}

function lossesOf(
  name: DocumentName,
  log: ReturnType<typeof openDatabase>['log'],
  acknowledged: Acknowledged,
): string[] {
  const document = log.load(name)
  if (!document) return acknowledged.created.has(name) ? [`lost: ${name}`] : []
  const failures: string[] = []
  const head = acknowledged.heads.get(name) ?? 0
  if (document.headSeq < head)
    failures.push(`lost: ${name} ends at ${document.headSeq}, acknowledged ${head}`)
  const kept = document.rows[0]?.seq ?? document.headSeq + 1
  const trimmed = acknowledged.trimmed.get(name) ?? 0
  if (kept > trimmed + 1) failures.push(`lost: ${name} begins at ${kept}, trimmed to ${trimmed}`)
  const covered = document.snapshot?.seq ?? 0
  if (covered < (acknowledged.snapshots.get(name) ?? 0)) failures.push(`lost: the snapshot of ${name}`)
  for (const { seq, at, chain, entries } of document.rows) {
    const right = rowOf(name, seq)
    if (
      at !== right.at ||
      !right.entries.every((byte, i) => byte === entries[i]) ||
      !same(chain, right.chain)
    )
      failures.push(`corrupt: row ${seq} of ${name}`)
  }
  const state = log.readSnapshot(name)?.state
  if (covered > 0 && (!state || !same(state, compactionOf(name, covered).snapshot.state)))
    failures.push(`corrupt: the snapshot of ${name}`)
  // The server's own verdict: throws DamagedDocument.
  new Room(1, document, {
    hash: chainHash,
    clock: STOPPED,
    assemblies: new Assemblies(STOPPED),
    budgets: NO_BUDGETS,
    queue: { add: () => undefined },
    compactor: { changed: () => undefined, checkSoon: () => undefined },
    presence: { pingInterval: 10_000 },
    keeper: { emptied: () => undefined, breached: () => undefined, broken: () => undefined },
  })
  return failures
}

const STOPPED = { now: () => 0, steady: () => 0, after: () => () => undefined }

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export interface PowerLossRun extends ScenarioRun {
  /** Planted: every sync reports success and does nothing, which must be found. */
  readonly planted?: boolean
}

/** Cuts the power `count` times, at a random step each. */
export async function losePower({ count, seed, planted = false }: PowerLossRun): Promise<Finding> {
  const random = seededRandom(seed)
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'commonplace-power-')))
  const failures: string[] = []
  const totals = { rows: 0, compactions: 0, people: 0, failedSyncs: 0 }
  let folder = ''
  let acknowledged = new Acknowledged()
  try {
    for (let cut = 0; cut < count; cut++) {
      if (cut % CUTS_PER_FOLDER === 0) {
        if (folder) rmSync(folder, { recursive: true })
        folder = join(base, String(cut))
        mkdirSync(folder)
        acknowledged = new Acknowledged()
      }
      // Openings and recoveries are short, but as interesting as the long time between them.
      const at = 1 + Math.floor(random() < 0.3 ? random() * 60 : random() * 1500)
      const eioAt = random() < 0.2 ? 1 + Math.floor(random() * 40) : null
      const run = await cutPower({ folder, at, seed: seed * 10_000 + cut, eioAt, planted })
      for (const report of run.reports) {
        acknowledged.take(report)
        if ('committed' in report) totals.rows += report.committed.length
        if ('compacted' in report) totals.compactions++
        if ('person' in report) totals.people++
        if ('rejected' in report) totals.failedSyncs++
      }
      const found = [...run.failures, ...losses(folder, acknowledged)]
      if (found.length === 0) continue
      failures.push(...found.map((failure) => `cut ${cut} at step ${at}, EIO at sync ${eioAt}: ${failure}`))
      if (planted) break
      // Anything lost would be reported again.
      cut += CUTS_PER_FOLDER - 1 - (cut % CUTS_PER_FOLDER)
    }
  } finally {
    rmSync(base, { recursive: true })
  }
  const lost = failures.filter((failure) => failure.includes('lost: ')).length
  const corrupt = failures.filter((failure) => failure.includes('corrupt: ')).length
  const figures = { cuts: count, ...totals, lost, corrupt }
  const ok = failures.length === 0 && totals.rows > count
  return { scenario: 'power-loss', seed, ok, figures, failures: failures.slice(0, 50) }
}

/** The real store on a disk that forgets, tears and reorders unsynced writes. */
export const powerLoss: Scenario = {
  name: 'power-loss',
  counts: 'cuts',
  full: 1000,
  short: 15,
  run: losePower,
}
