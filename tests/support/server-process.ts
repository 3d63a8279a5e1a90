import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { START_FLAGS } from './start-flags.ts'

export interface ServerOptions {
  /** Left out: a folder of its own in the system's temporary place, removed by `stop`. */
  readonly dataDir?: string
  /** Left out: a free one. */
  readonly port?: number
  /** Settings beside HOST, PORT, DATA_DIR and NODE_ENV. `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What `node` runs, relative to the repository. */
  readonly script?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The real server in a process of its own. */
export interface ServerProcess {
  /** Like `http://127.0.0.1:40123`; stays the same over restarts. */
  readonly url: string
  readonly port: number
  readonly dataDir: string
  /** Of the process that runs now. */
  readonly pid: number
  /** Everything printed so far, over all restarts. */
  logs(): string
  /** Sends a signal and waits for the end. A process that ended already keeps the exit it had. */
  kill(signal: NodeJS.Signals): Promise<Exit>
  /** Starts again on the same port and data (first ends with SIGKILL what still runs). */
  restart(): Promise<void>
  /** SIGTERM, SIGKILL when that is not obeyed within 10 s, and the data folder goes when it was made here. */
  stop(): Promise<void>
}

const ROOT = join(import.meta.dirname, '../..')
const STARTS_WITHIN_MS = 20_000
const STOPS_WITHIN_MS = 10_000

/** Starts the server and waits until it prints its address. Throws with its output when it ends or stays silent. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'commonplace-')))
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  let logs = ''
  let child = launch()
  // Whoever forgets to stop it, or is ended by a deadline, leaves no server behind.
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  await ready()

  function launch(): ChildProcess {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      ...options.env,
    }
    env.PORT = String(port)
    env.DATA_DIR = dataDir
    return spawn(process.execPath, [...START_FLAGS, options.script ?? 'server.ts'], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** Keeps what the new child prints; resolves at its address. */
  async function ready(): Promise<void> {
    const started = child
    const from = logs.length
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (what: string) => reject(new Error(`the server ${what}:\n${logs.slice(from)}`))
    const keep = (bytes: Buffer) => {
      logs += bytes
      if (logs.slice(from).includes(url)) resolve()
    }
    started.stdout?.on('data', keep)
    started.stderr?.on('data', keep)
    started.once('close', () => fail('ended instead of listening'))
    const timer = setTimeout(() => fail(`said no address within ${STARTS_WITHIN_MS} ms`), STARTS_WITHIN_MS)
    try {
      await promise
    } catch (error) {
      started.kill('SIGKILL')
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async function kill(signal: NodeJS.Signals): Promise<Exit> {
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close')
      child.kill(signal)
      await closed
    }
    return { code: child.exitCode, signal: child.signalCode }
  }

  return {
    url,
    port,
    dataDir,
    get pid() {
      if (child.pid === undefined) throw new Error('the server has no process')
      return child.pid
    },
    logs: () => logs,
    kill,
    restart: async () => {
      await kill('SIGKILL')
      child = launch()
      await ready()
    },
    stop: async () => {
      const late = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS)
      await kill('SIGTERM')
      clearTimeout(late)
      process.off('exit', endWithUs)
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}
