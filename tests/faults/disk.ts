import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'
import { Guest } from '../server/guest.ts'
import { seededRandom } from '../support/random.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { DiskControl, type DiskMood } from './disk-control.ts'
import { beginText, DiskWriter, readTokens } from './disk-writers.ts'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'
import { compileShim } from './shim/compile.ts'

const HANG_MS = 5000
const OUTAGE_MS = 2500
/** Edits must be saved this long after the disk has recovered: the longest back-off, and a margin. */
const RECOVERS_WITHIN_MS = 10_000
/** `told` is reported; beyond this time there was no notice at all. */
const TOLD_WITHIN_MS = 2000

interface Measured {
  /** The longest time any client's edit waited without a notice, ms. */
  readonly toldMs: number
  /** The time from the disk's recovery until all edits of all clients were saved, ms. */
  readonly recoveredMs: number
}

/** The real server on a disk that can be made bad, with three people in two documents. */
class Outages {
  readonly failures: string[] = []
  readonly #server: ServerProcess
  readonly #control: DiskControl
  readonly #guests: readonly Guest[]
  readonly #addresses: readonly string[]
  #writers: DiskWriter[] = []
  #sittings = 0
  readonly #claimed = new Map<string, Set<string>>()

  private constructor(server: ServerProcess, control: DiskControl, guests: Guest[], addresses: string[]) {
    this.#server = server
    this.#control = control
    this.#guests = guests
    this.#addresses = addresses
    for (const address of addresses) this.#claimed.set(address, new Set())
  }

  static async begin(server: ServerProcess, control: DiskControl): Promise<Outages> {
    const guests = [0, 1, 2].map(() => new Guest(server.url))
    const owners = guests.slice(0, 2)
    const addresses = await Promise.all(owners.map((guest) => guest.createDocument()))
    await guests[2]?.session()
    for (const [i, address] of addresses.entries()) await beginText(server.url, address, guests[i])
    const outages = new Outages(server, control, guests, addresses)
    await outages.#sit()
    return outages
  }

  get claims(): number {
    return [...this.#claimed.values()].reduce((sum, claimed) => sum + claimed.size, 0)
  }

  /** Lets everyone type while the disk is bad and afterwards; with `reads`, a newcomer can read in the meantime. */
  async endure(mood: DiskMood, ms: number, { reads = false } = {}): Promise<Measured> {
    for (const writer of this.#writers) writer.forgetTimes()
    this.#control.become(mood)
    if (reads) await this.#readMeanwhile(mood)
    await passed(ms) // how long the outage lasts
    return await this.#recover(mood)
  }

  /** Makes one call of many fail. Returns `hit` false if there were fewer. */
  async endureOne(nth: number): Promise<Measured & { hit: boolean }> {
    const mood: DiskMood = { is: 'failing', from: nth, times: 1 }
    for (const writer of this.#writers) writer.forgetTimes()
    this.#control.become(mood)
    for (const end = performance.now() + 5000; performance.now() < end; ) {
      if (this.#control.read().faults > 0) break
      await passed(5) // the disk of another process can only be polled
    }
    const hit = this.#control.read().faults > 0
    return { ...(await this.#recover(mood)), hit }
  }

  /**
   * Kills the server on its bad disk. Everything that any client was told or shown must be there before the clients
   * come back.
   */
  async killIn(mood: DiskMood): Promise<void> {
    this.#control.become(mood)
    await passed(OUTAGE_MS / 2) // how long the outage lasts
    await this.#server.kill('SIGKILL')
    await this.#leave()
    this.#control.become({ is: 'well' })
    await this.#server.restart()
    await this.#compare(`killed with a disk that is ${mood.is}`)
    await this.#sit()
  }

  async end(): Promise<void> {
    await this.killIn({ is: 'well' })
    await this.#leave()
    await this.#server.kill('SIGTERM')
    this.failures.push(...verifyDatabase(this.#server.dataDir).problems)
  }

  async #sit(): Promise<void> {
    const sitting = this.#sittings++
    this.#writers = await Promise.all(
      this.#guests.map((guest, i) => {
        const address = this.#addresses[i % this.#addresses.length] ?? ''
        return DiskWriter.open(this.#server.url, address, guest, `${sitting}.${i}`)
      }),
    )
    for (const writer of this.#writers) writer.type()
  }

  async #leave(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.close()))
    for (const { address, claimed } of this.#writers) {
      for (const token of claimed) this.#claimed.get(address)?.add(token)
    }
    this.#writers = []
  }

  async #recover(mood: DiskMood): Promise<Measured> {
    const what = JSON.stringify(mood)
    this.#control.become({ is: 'well' })
    const since = performance.now()
    for (const writer of this.#writers) {
      await writer.recovered(RECOVERS_WITHIN_MS).catch((error: unknown) => {
        this.failures.push(`${what}: does not recover: ${error instanceof Error ? error.message : error}`)
      })
    }
    const recoveredMs = Math.round(performance.now() - since)
    const toldMs = Math.max(...this.#writers.map((writer) => writer.uninformedMs))
    if (toldMs > TOLD_WITHIN_MS) this.failures.push(`${what}: nobody was told for ${toldMs} ms`)
    return { toldMs, recoveredMs }
  }

  async #readMeanwhile(mood: DiskMood): Promise<void> {
    const [guest] = this.#guests
    const [address] = this.#addresses
    if (!guest || address === undefined) return
    try {
      await readTokens(this.#server.url, address, guest)
    } catch (error) {
      this.failures.push(
        `${JSON.stringify(mood)}: nobody can read: ${error instanceof Error ? error.message : error}`,
      )
    }
  }

  async #compare(when: string): Promise<void> {
    for (const [address, claimed] of this.#claimed) {
      const stored = await readTokens(this.#server.url, address, new Guest(this.#server.url))
      for (const token of claimed) if (!stored.has(token)) this.failures.push(`lost: ${token}, ${when}`)
    }
  }
}

/**
 * The real server on a full, read-only, hanging and failing disk. Counts the values of n for which the n-th call
 * fails.
 */
export const disk: Scenario = {
  name: 'disk',
  counts: 'failing calls',
  full: 120,
  short: 8,
  async run({ count, seed }: ScenarioRun): Promise<Finding> {
    const random = seededRandom(seed)
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'commonplace-disk-')))
    const dataDir = join(base, 'data')
    mkdirSync(dataDir)
    const control = new DiskControl(join(base, 'control'))
    const env = {
      LOG_LEVEL: 'error',
      NODE_OPTIONS: '',
      LD_PRELOAD: compileShim('bad-disk'),
      SHIM_FOLDER: dataDir,
      SHIM_CONTROL: control.path,
    }
    const server = await startServer({ dataDir, env })
    try {
      const outages = await Outages.begin(server, control)
      const full = await outages.endure({ is: 'full', room: Math.floor(random() * 20_000) }, OUTAGE_MS, {
        reads: true,
      })
      const readOnly = await outages.endure({ is: 'read-only' }, OUTAGE_MS, { reads: true })
      const hang = await outages.endure({ is: 'slow' }, HANG_MS)
      let failed = 0
      let eioToldMs = 0
      let eioRecoveredMs = 0
      for (let nth = 1; nth <= count; nth++) {
        const { hit, toldMs, recoveredMs } = await outages.endureOne(nth)
        if (hit) failed++
        eioToldMs = Math.max(eioToldMs, toldMs)
        eioRecoveredMs = Math.max(eioRecoveredMs, recoveredMs)
        if (nth % 40 === 0) await outages.killIn({ is: 'failing', from: nth, times: 1 })
      }
      await outages.killIn({ is: 'full', room: 0 })
      await outages.end()
      const { failures, claims } = outages
      const figures = {
        fullToldMs: full.toldMs,
        fullRecoveredMs: full.recoveredMs,
        readOnlyToldMs: readOnly.toldMs,
        readOnlyRecoveredMs: readOnly.recoveredMs,
        hangToldMs: hang.toldMs,
        hangRecoveredMs: hang.recoveredMs,
        failedCalls: failed,
        eioToldMs,
        eioRecoveredMs,
        claims,
      }
      const ok = failures.length === 0 && failed > 0 && claims > 0
      return { scenario: 'disk', seed, ok, figures, failures: failures.slice(0, 50) }
    } finally {
      await server.stop()
      control.close()
      rmSync(base, { recursive: true })
    }
  },
}
