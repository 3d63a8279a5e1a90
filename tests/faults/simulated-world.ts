import * as Y from 'yjs'
import type { SealedBatch } from '#lib/client/replica/replica-store.ts'
import { contentBytes } from '#lib/document/content-bytes.ts'
import { decodeEntries, decodeUpdates } from '#lib/protocol/log-row.ts'
import { MemoryReplicas } from '../support/memory-replica.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { seededRandom } from '../support/random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import type { Faults } from './simulated-faults.ts'
import { ADDRESS, type Browser, Replica } from './simulated-replica.ts'
import { DOCUMENT, SimulatedServer } from './simulated-server.ts'

const HOUR_MS = 3_600_000

/** Server, connections and replicas of one document, run over virtual time by one seed. */
export class Simulation {
  readonly random: () => number
  readonly clock: VirtualClock
  readonly store: MemoryStore
  readonly faults: Faults
  readonly replicas: Replica[] = []
  readonly failures: string[] = []
  /** Every client id that a person's tabs ever had. */
  readonly clientIds = new Map<string, Set<number>>()
  /** Client id → clock of tabs that were killed after reporting that everything typed is on this device. */
  readonly kept = new Map<number, number>()
  readonly #newBrowser: (clock: VirtualClock) => Browser
  #browsers: readonly Browser[] = []
  readonly server: SimulatedServer
  /** The number of copies that were at the last row when they were compared. */
  compared = 0
  /** True once there are no more faults and everything recovers. */
  healing = false

  constructor(
    seed: number,
    faults: Faults,
    newBrowser: (clock: VirtualClock) => Browser = () => new MemoryReplicas(),
  ) {
    this.random = seededRandom(seed)
    this.clock = new VirtualClock(this.random)
    this.#newBrowser = newBrowser
    this.store = new MemoryStore()
    this.faults = faults
    this.server = new SimulatedServer(this)
  }

  async start(replicas: number): Promise<void> {
    await this.store.create({
      documentId: DOCUMENT,
      lineage: 'lineage-1',
      ownerId: 'user-0',
      schemaVersion: 1,
      createdAt: this.clock.now(),
      linkId: 'link-1',
      linkRole: 'editor',
    })
    // The last two are tabs of one browser.
    const browsers = Array.from({ length: Math.max(2, replicas - 1) }, () => this.#newBrowser(this.clock))
    this.#browsers = browsers
    for (let i = 0; i < replicas; i++) {
      const person = Math.min(i, browsers.length - 1)
      const browser = browsers[person]
      if (browser) this.replicas.push(new Replica(this, String(i), `user-${person}`, browser))
    }
    const [first] = this.replicas
    if (!first) return
    first.connect()
    await this.clock.advance(1000)
    first.doc.getXmlFragment('body').insert(0, [paragraphOf()])
    await this.clock.advance(1000)
    for (const replica of this.replicas) replica.connect()
    await this.clock.advance(1000)
  }

  fail(what: string): void {
    this.failures.push(what)
  }

  /** Makes one random step of a replica, the server or the environment. */
  async step(): Promise<void> {
    const replica = this.replicas[Math.floor(this.random() * this.replicas.length)]
    if (!replica) return
    const { faults } = this
    const dice = this.random()
    if (dice < 0.6) this.#edit(replica)
    else if (dice < 0.66 && faults.cuts) replica.cut()
    else if (dice < 0.74) replica.connect()
    else if (dice < 0.76 && faults.cuts) replica.reopen()
    else if (dice < 0.78 && faults.restarts) {
      // At any moment, also between a commit and its frame.
      this.clock.after(this.random() * 40, () => this.restartServer())
    } else if (dice < 0.81 && faults.failedCommits) {
      this.store.failNextCommit(this.random() < 0.5 ? 'before' : 'after')
    } else if (dice < 0.84) {
      const release = replica.sync.follower.incoming.hold()
      this.clock.after(this.random() * 500, release)
    } else if (dice < 0.86 && faults.halfOpenLinks) replica.silence()
    else if (dice < 0.88 && faults.fullBrowsers) {
      replica.setFull(true)
      this.clock.after(this.random() * 2000, () => replica.setFull(false))
    } else if (dice < 0.9 && faults.clockJumps) {
      if (this.random() < 0.5) replica.skew = (this.random() - 0.5) * HOUR_MS
      else this.server.skew = (this.random() - 0.5) * HOUR_MS
    }
    await this.clock.advance(this.random() * 40)
    await this.check()
  }

  /** Lets everything recover; afterwards all must be equal. */
  async rest(): Promise<void> {
    this.healing = true
    for (let round = 0; round < 40; round++) {
      for (const replica of this.replicas) {
        replica.setFull(false)
        if (replica.broken) replica.cut()
        replica.connect()
      }
      await this.clock.advance(5000)
      for (const browser of this.#browsers) await browser.idle?.()
      if (this.replicas.every(({ sync }) => sync.follower.state.phase === 'joined' && sync.save.saved)) break
    }
    for (let round = 0; round < 2; round++) {
      await this.clock.advance(20_000)
      for (const browser of this.#browsers) await browser.idle?.()
    }
    await this.check()
    this.healing = false
    if (this.compared === 0) this.fail('no copy was ever compared')
    const stored = await this.stored()
    const vector = Y.decodeStateVector(Y.encodeStateVector(stored))
    for (const [clientId, clock] of this.kept) {
      if ((vector.get(clientId) ?? 0) < clock) this.fail(`was on this device and is lost: client ${clientId}`)
    }
    for (const replica of this.replicas) {
      const { phase, problem } = replica.sync.follower.state
      const { saved } = replica.sync.save
      if (phase !== 'joined' || !saved) {
        this.fail(`${replica.name} did not come to rest: ${phase} ${problem ?? ''} saved=${saved}`)
      }
      if (textOf(replica.doc) !== textOf(stored)) this.fail(`${replica.name} differs from what is stored`)
      const unsent = await this.#unsent(replica)
      if (unsent > 0) this.fail(`${replica.name} says "saved" with ${unsent} batches in its browser alone`)
    }
  }

  /**
   * Returns the number of batches in a replica's browser whose content is missing from the log; 0 if it cannot be
   * read. Other batches may remain, because a full browser refuses to delete them too.
   */
  async #unsent({ store }: Replica): Promise<number> {
    let kept: readonly SealedBatch[] = []
    store?.outbox(ADDRESS).then(
      (batches) => {
        kept = batches
      },
      () => undefined,
    )
    for (const browser of this.#browsers) await browser.idle?.()
    await this.clock.advance(1000)
    const stored = await this.stored()
    let told = false
    stored.on('update', () => {
      told = true
    })
    return kept.filter(({ payload }) => {
      told = false
      for (const update of decodeUpdates(payload)) Y.applyUpdate(stored, update)
      return told
    }).length
  }

  /** Returns the content of the store as a Y.Doc. */
  async stored(): Promise<Y.Doc> {
    const doc = new Y.Doc()
    const snapshot = await this.store.readSnapshot(DOCUMENT)
    if (snapshot) Y.applyUpdate(doc, snapshot.state)
    const document = await this.store.load(DOCUMENT)
    for (const row of document?.rows ?? []) {
      for (const entry of decodeEntries(row.entries))
        for (const update of entry.updates) Y.applyUpdate(doc, update)
    }
    return doc
  }

  /** Kills the process: memory is lost, the store's content remains. */
  restartServer(): void {
    const connected = this.replicas.filter((each) => each.connected)
    for (const replica of connected) replica.cut()
    this.server.restart()
    for (const replica of connected) this.clock.after(this.random() * 500, () => replica.connect())
  }

  /** Brings the server back with an older copy of its data. */
  async restoreOlderCopy(copy: ReturnType<MemoryStore['copy']>): Promise<void> {
    this.restartServer()
    this.store.restore(copy, this.clock.now())
    for (const replica of this.replicas) replica.acknowledged.clear()
    this.kept.clear()
  }

  /** Checks the invariants that hold at every moment. */
  async check(): Promise<void> {
    const document = await this.store.load(DOCUMENT)
    const numbers = new Set<string>()
    const inLog = new Map(document?.clients.map(({ clientId, lastN }) => [clientId, lastN]))
    for (const row of document?.rows ?? []) {
      for (const { clientId, n } of decodeEntries(row.entries)) {
        const batch = `${clientId} ${n}`
        if (numbers.has(batch)) this.fail(`twice in the log: client ${clientId} batch ${n}`)
        numbers.add(batch)
        inLog.set(clientId, Math.max(n, inLog.get(clientId) ?? 0))
      }
    }
    for (const replica of this.replicas) {
      for (const batch of replica.acknowledged) {
        const [clientId = 0, n = 0] = batch.split(' ').map(Number)
        if ((inLog.get(clientId) ?? 0) < n)
          this.fail(`acknowledged but not stored: client ${clientId} batch ${n}`)
      }
    }
    const stored = await this.stored()
    const vector = Y.decodeStateVector(Y.encodeStateVector(stored))
    const shown = Buffer.from(bytesShownBy(stored))
    for (const replica of this.replicas) {
      // [CMP1] A replica that says nothing is in flight shows exactly what the log gives: a difference is never a
      // race.
      if (replica.sync.follower.standing?.seq !== document?.headSeq) continue
      this.compared++
      if (!shown.equals(bytesShownBy(replica.doc)))
        this.fail(`${replica.name} stands at the last row and differs`)
    }
    for (const replica of this.replicas) {
      // A person sees edits of their own tabs before they are stored, including tabs that were killed.
      const own = this.clientIds.get(replica.userId) ?? new Set()
      for (const [clientId, clock] of Y.decodeStateVector(Y.encodeStateVector(replica.doc))) {
        if (!own.has(clientId) && (vector.get(clientId) ?? 0) < clock && !this.#restoring) {
          this.fail(`${replica.name} sees what is not stored: client ${clientId} clock ${clock}`)
        }
      }
    }
  }

  #restoring = false
  /** While clients bring back what a restore lost, they hold more than the store. */
  set restoring(restoring: boolean) {
    this.#restoring = restoring
  }

  #edit(replica: Replica): void {
    if (!replica.sync.mayType) return
    const body = replica.doc.getXmlFragment('body')
    if (body.length === 0) return
    const { text } = replica
    const burst = 1 + Math.floor(this.random() * 4)
    for (let i = 0; i < burst; i++) {
      if (text.length > 3 && this.random() < 0.35) {
        text.delete(Math.floor(this.random() * (text.length - 2)), 1 + Math.floor(this.random() * 2))
      } else {
        const letter = String.fromCharCode(97 + Math.floor(this.random() * 26))
        text.insert(
          Math.floor(this.random() * (text.length + 1)),
          letter.repeat(1 + Math.floor(this.random() * 3)),
        )
      }
    }
  }
}

export function textOf(doc: Y.Doc): string {
  return doc
    .getXmlFragment('body')
    .toArray()
    .map((node) => node.toString())
    .join('\n')
}

function bytesShownBy(doc: Y.Doc): Uint8Array {
  const walk = contentBytes(doc)
  let step = walk.next()
  while (!step.done) step = walk.next()
  return step.value
}
