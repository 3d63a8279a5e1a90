import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { CALM, CORES, machineCpuMs, pinGenerator, waitForCalm } from './cores.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { installPeers } from './peers.ts'
import { jsonLine, type Outcome, table } from './report.ts'
import { ServerProcess } from './server-process.ts'
import type { System } from './systems.ts'
import type { Measured, Workload } from './workload.ts'

/*
 * `npm run bench`: our server and its peers under the same loads (docs/benchmarks.md). This process is the generator;
 * each system's server is a separate process, on its own core if possible. Systems take turns, round by round.
 */

interface Turns {
  readonly system: System
  readonly rounds: Measured[]
  readonly failures: string[]
}

async function run(options: Options): Promise<boolean> {
  installPeers()
  pinGenerator()
  if (!options.json) console.log(`${machine()}\n`)
  const patientUntil = performance.now() + options.patienceMinutes * 60_000
  let ok = true
  for (const workload of options.workloads) {
    const turns: Turns[] = options.systems
      .filter(({ name }) => workload.systems?.includes(name) ?? true)
      .map((system) => ({ system, rounds: [], failures: [] }))
    for (let round = 0; round < Math.min(options.rounds, workload.rounds ?? options.rounds); round++) {
      for (const turn of turns) await takeInCalm(workload, turn, options, patientUntil)
    }
    const outcomes: Outcome[] = turns.map(({ system, rounds, failures }) => ({
      workload,
      system: system.name,
      rounds,
      failures,
    }))
    if (options.json) for (const outcome of outcomes) console.log(jsonLine(outcome))
    else console.log(table(workload, outcomes))
    ok &&= turns.every(({ rounds, failures }) => failures.length === 0 && rounds.every((each) => each.ok))
  }
  return ok
}

/** Takes a turn, and takes it again, as long as patience lasts, if other programs were busy meanwhile. */
async function takeInCalm(workload: Workload, turn: Turns, options: Options, until: number): Promise<void> {
  for (;;) {
    await waitForCalm(until)
    await take(workload, turn, options)
    const others = turn.rounds.at(-1)?.figures.othersCore ?? 0
    if (others <= CALM || performance.now() >= until) return
    turn.rounds.pop()
  }
}

async function take(workload: Workload, turn: Turns, { seconds, profileDir }: Options): Promise<void> {
  const { system } = turn
  const servers: ServerProcess[] = []
  const before = { at: performance.now(), machine: machineCpuMs(), own: ownCpuMs() }
  let measured: Measured | null = null
  try {
    measured = await workload.run({
      system,
      seconds,
      async start(options) {
        const { entry, flags = [], durable } = system
        const profile = profileDir ? { profileDir: join(profileDir, system.name) } : {}
        const server = await ServerProcess.start({ entry, flags, durable, ...profile, ...options })
        servers.push(server)
        return server
      },
    })
  } catch (error) {
    const printed = servers.map((server) => server.printed).join('')
    turn.failures.push(error instanceof Error ? error.message : String(error))
    console.error(`${workload.title}, ${system.name}:`, error, printed)
  } finally {
    // The last one first: they may share a folder, which is removed with the first.
    for (const server of servers.toReversed()) await server.stop()
  }
  if (!measured) return
  const machine = machineCpuMs()
  const ours = ownCpuMs() - before.own + servers.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  const others =
    machine === null || before.machine === null
      ? {}
      : { othersCore: Math.max(0, machine - before.machine - ours) / (performance.now() - before.at) }
  turn.rounds.push({ ...measured, figures: { ...measured.figures, ...others } })
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function machine(): string {
  const [cpu] = cpus()
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  return [
    new Date().toISOString().slice(0, 10),
    `commit ${commit.stdout?.trim() || 'unknown'}`,
    `Node ${process.versions.node}`,
    `${cpus().length} × ${cpu?.model.trim() ?? 'CPU'}`,
    CORES.pinned
      ? 'server and generator pinned to a core each'
      : 'not pinned: taskset is missing or there is one core',
  ].join(' · ')
}

try {
  const options = readOptions(process.argv.slice(2))
  process.exit((await run(options)) ? 0 : 1)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(USAGE)
  process.exit(2)
}
