import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Y from 'yjs'
import { CollabProvider, type CollabProviderOptions } from '#lib/client/collab-provider.ts'
import { Tokens } from '#lib/people/tokens.ts'
import { type CollaborationSettings, SECRET } from '../support/collaboration.ts'
import { freePort } from '../support/free-port.ts'
import { START_ENV, START_FLAGS } from '../support/start-flags.ts'

/** The options of the process. */
export interface ServerOrder {
  readonly dataDir: string
  readonly port: number
  readonly settings: CollaborationSettings
}

export interface SessionOfGuest {
  readonly userId: string
  readonly sessionId: string
}

/** Its answers, by question. */
export interface Answers {
  /** A new guest. */
  guest: SessionOfGuest
  document: { address: string; documentId: string }
  /** A new guest, to whom new documents belong from now on. */
  author: SessionOfGuest
  /** The address of a new document of the last author. */
  authored: string
  /** Erases the first document of the last author. */
  erase: null
  /** The weight of the last author's documents, bytes. */
  used: number
  /** Starts recording stalls and arrivals again. */
  watch: null
  /**
   * Since then: the longest stall of its event loop and the computing time of its thread, ms; the growth of its
   * peak memory; and when WebSockets were requested, ms since the epoch.
   */
  seen: { stallMs: number; computingMs: number; grownBytes: number; arrivals: number[]; connections: number }
  /** Cuts all connections together. */
  drop: null
  /** Also collects the garbage of its threads, which takes a second or more. */
  collect: null
  /**
   * After a collection: heap and buffers, those of its threads as they are, resident bytes, the handles that keep
   * the process alive by kind, and open files.
   */
  weigh: {
    bytes: number
    threadBytes: number
    rss: number
    unsentBytes: number
    handles: Record<string, number>
    files: number
  }
}

export interface Asked {
  readonly id: number
  readonly ask: keyof Answers
}

const STARTS_WITHIN_MS = 20_000
const ANSWERS_WITHIN_MS = 30_000

/** The collaboration side of the server in its own process, on data and a port that outlive it. */
export class MeasuredServer {
  readonly url: string
  readonly #order: ServerOrder
  #child: ChildProcess
  #lastId = 0
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #tokens = new Tokens(SECRET, Date.now)
  readonly #guests: SessionOfGuest[] = []
  readonly #endWithUs = () => this.#child.kill('SIGKILL')

  private constructor(order: ServerOrder, child: ChildProcess) {
    this.url = `http://127.0.0.1:${order.port}`
    this.#order = order
    this.#child = child
    process.once('exit', this.#endWithUs)
  }

  static async start(guests: number, settings: CollaborationSettings = {}): Promise<MeasuredServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'commonplace-'))
    const order = { dataDir, port: await freePort(), settings }
    const server = new MeasuredServer(order, launch(order))
    await server.#ready()
    for (let i = 0; i < guests; i++) server.#guests.push(await server.ask('guest'))
    return server
  }

  /** False once the process has ended. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get guests(): readonly SessionOfGuest[] {
    return this.#guests
  }

  /** Returns a token of the guest with that number. */
  token(guest: number): string {
    const who = this.#guests[guest % this.#guests.length]
    if (!who) throw new Error('the server has no guests')
    return this.tokenOf(who)
  }

  tokenOf({ userId, sessionId }: SessionOfGuest): string {
    return this.#tokens.issue(userId, sessionId).token
  }

  ask<Name extends keyof Answers>(ask: Name): Promise<Answers[Name]> {
    const id = ++this.#lastId
    const pending = Promise.withResolvers<unknown>()
    const timer = setTimeout(() => pending.reject(new Error(`no answer to ${ask}`)), ANSWERS_WITHIN_MS)
    this.#pending.set(id, pending)
    this.#child.send({ id, ask } satisfies Asked)
    return pending.promise.finally(() => {
      clearTimeout(timer)
      this.#pending.delete(id)
    }) as Promise<Answers[Name]>
  }

  /** Opens a provider of the guest with that number, on a new Y.Doc. */
  open(address: string, guest: number, options: Partial<CollabProviderOptions> = {}): CollabProvider {
    const auth = async () => this.token(guest)
    return new CollabProvider({ url: this.url, address, auth, doc: new Y.Doc(), ...options })
  }

  /** Ends the process by a signal and starts it again on the same data and port. Guests keep their identity. */
  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#end(signal)
    this.#child = launch(this.#order)
    await this.#ready()
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
    process.off('exit', this.#endWithUs)
    await rm(this.#order.dataDir, { recursive: true, force: true })
  }

  async #ready(): Promise<void> {
    const child = this.#child
    const signal = AbortSignal.timeout(STARTS_WITHIN_MS)
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new Error('the measured server ended instead of listening')
    })
    await Promise.race([once(child, 'message', { signal }), ended])
    ended.catch(() => undefined)
    child.on('message', ({ id, answer, failed }: { id: number; answer: unknown; failed?: string }) => {
      if (failed === undefined) this.#pending.get(id)?.resolve(answer)
      else this.#pending.get(id)?.reject(new Error(failed))
    })
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}

function launch(order: ServerOrder): ChildProcess {
  const script = join(import.meta.dirname, 'measured-server-process.ts')
  return spawn(process.execPath, [...START_FLAGS, '--expose-gc', script, JSON.stringify(order)], {
    env: { ...process.env, ...START_ENV },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}
