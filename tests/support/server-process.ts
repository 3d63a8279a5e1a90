import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { START_ENV, START_FLAGS } from './start-flags.ts'

export interface ServerOptions {
  /** Default: a folder of its own in the system's temporary directory, removed by `stop`. */
  readonly dataDir?: string
  /** Default: a free one. */
  readonly port?: number
  /** Settings besides HOST, PORT, DATA_DIR and NODE_ENV. `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The script that `node` runs, relative to the repository. */
  readonly script?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The real server in its own process. */
export interface ServerProcess {
  /** Like `http://127.0.0.1:40123`; stays the same over restarts. */
  readonly url: string
  readonly port: number
  readonly dataDir: string
  /** The id of the current process. */
  readonly pid: number
  /** Returns everything printed so far, over all restarts. */
  logs(): string
  /** Sends a signal and waits for the exit. A process that has already ended keeps its exit. */
  kill(signal: NodeJS.Signals): Promise<Exit>
  /** Starts again on the same port and data (first ends a running process with SIGKILL). */
  restart(): Promise<void>
  /**
   * Sends SIGTERM, then SIGKILL if it is not obeyed within 10 s, and removes the data folder if it was created
   * here.
   */
  stop(): Promise<void>
}

const ROOT = join(import.meta.dirname, '../..')
const STARTS_WITHIN_MS = 20_000
const STOPS_WITHIN_MS = 10_000

/** Starts the server and waits until it prints its address. Throws with its output if it ends or stays silent. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'commonplace-')))
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  let logs = ''
  let child = launch()
  // A test that forgets to stop it, or is ended by a deadline, leaves no server behind.
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  await ready()

  function launch(): ChildProcess {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      ...START_ENV,
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

  /** Collects the output of the new child. Resolves at its address. */
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
