import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { START_ENV } from '../support/start-flags.ts'
import { CORES } from './cores.ts'

export interface ServerOptions {
  /** A file of servers/. */
  readonly entry: string
  /** Flags for Node. */
  readonly flags?: readonly string[]
  /** True if it keeps its documents on disk: then it gets its own folder. */
  readonly durable: boolean
  /** A folder left by an earlier process, see `stop`. */
  readonly dataDir?: string
  /** The folder for a CPU profile of the whole life of the process. */
  readonly profileDir?: string
}

/** The resources a server process has used since it started. Times in ms, sizes in bytes. */
export interface Usage {
  readonly cpuMs: number
  readonly rss: number
  readonly heap: number
  /** The longest stall of its event loop since `watch`. */
  readonly stallMs: number
  /** Calls that write, to sockets and files. */
  readonly writes: number
  readonly at: number
}

const ANSWERS_WITHIN_MS = 60_000

/** A measured server, in its own process on its own core. */
export class ServerProcess {
  readonly port: number
  readonly dataDir: string | null
  /** The CPU time it had used when it was stopped. */
  cpuMs = 0
  readonly #child: ChildProcess
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #endWithUs: () => void
  #lastId = 0
  #printed = ''

  private constructor(child: ChildProcess, port: number, dataDir: string | null, printed: string) {
    this.#child = child
    this.port = port
    this.dataDir = dataDir
    this.#printed = printed
    this.#endWithUs = () => child.kill('SIGKILL')
    process.once('exit', this.#endWithUs)
    child.stderr?.on('data', (bytes) => {
      this.#printed = (this.#printed + bytes).slice(-4000)
    })
    child.on('message', ({ id, answer, failed }: { id: number; answer: unknown; failed?: string }) => {
      const pending = this.#pending.get(id)
      this.#pending.delete(id)
      if (failed === undefined) pending?.resolve(answer)
      else pending?.reject(new Error(failed))
    })
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#pending.values())
        reject(new Error(`the server ended (${signal ?? code})`))
    })
  }

  /** Waits until it listens. Throws with its output if it ends before. */
  static async start({
    entry,
    flags = [],
    durable,
    dataDir,
    profileDir,
  }: ServerOptions): Promise<ServerProcess> {
    const folder = durable ? (dataDir ?? mkdtempSync(join(tmpdir(), 'commonplace-bench-'))) : null
    if (profileDir) mkdirSync(profileDir, { recursive: true })
    const profile = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : []
    const command = [
      ...CORES.server,
      process.execPath,
      '--expose-gc',
      ...flags,
      ...profile,
      join(import.meta.dirname, 'servers', entry),
    ]
    const [program = '', ...args] = command
    const env: NodeJS.ProcessEnv = { ...process.env, ...START_ENV, BENCH_DATA_DIR: folder ?? '' }
    const child: ChildProcess = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let printed = ''
    child.stderr?.on('data', (bytes) => {
      printed += bytes
    })
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const fail = () => reject(new Error(`servers/${entry} ended instead of listening:\n${printed}`))
    child.once('message', ({ port }: { port: number }) => resolve(port)).once('exit', fail)
    return new ServerProcess(child, await promise, folder, printed)
  }

  get printed(): string {
    return this.#printed
  }

  ask(ask: string, argument?: unknown): Promise<unknown> {
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const timer = setTimeout(
      () => reject(new Error(`no answer to ${ask}: ${this.#printed}`)),
      ANSWERS_WITHIN_MS,
    )
    this.#pending.set(id, { resolve, reject })
    this.#child.send({ id, ask, argument })
    return promise.finally(() => clearTimeout(timer))
  }

  async usage(): Promise<Usage> {
    const writes = this.#writes()
    const answer = (await this.ask('usage')) as {
      cpu: NodeJS.CpuUsage
      memory: NodeJS.MemoryUsage
      stallMs: number
    }
    const { cpu, memory, stallMs } = answer
    return {
      cpuMs: (cpu.user + cpu.system) / 1000,
      rss: memory.rss,
      heap: memory.heapUsed + memory.external,
      stallMs,
      writes,
      at: performance.now(),
    }
  }

  /** Returns the bytes of the files it has written. */
  diskBytes(): number {
    const { dataDir } = this
    if (!dataDir) return 0
    return readdirSync(dataDir).reduce((sum, name) => sum + statSync(join(dataDir, name)).size, 0)
  }

  /** Lets it shut down, then ends it. With `keep` its folder stays. */
  async stop({ keep = false } = {}): Promise<void> {
    const exited = once(this.#child, 'exit')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.cpuMs = (await this.usage()).cpuMs
      this.#child.send({ id: 0, ask: 'end' })
      await exited
    }
    clearTimeout(late)
    process.off('exit', this.#endWithUs)
    if (this.dataDir && !keep) rmSync(this.dataDir, { recursive: true, force: true })
  }

  #writes(): number {
    try {
      const io = readFileSync(`/proc/${this.#child.pid}/io`, 'utf8')
      return Number(/^syscw: (\d+)/m.exec(io)?.[1] ?? 0)
    } catch {
      return 0
    }
  }
}
