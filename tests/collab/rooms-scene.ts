import { createHash } from 'node:crypto'
import * as Y from 'yjs'
import type { RoomEvent } from '#lib/collab/events.ts'
import { type RoomJoin, type RoomJoined, Rooms } from '#lib/collab/rooms.ts'
import type { Connection, Seat } from '#lib/collab/seats.ts'
import { checkDocument, digestDocument, foldDocument } from '#lib/document/fold.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { CHAIN_BYTES, chainToHex, encodeUpdates } from '#lib/protocol/log-row.ts'
import type { Asked, RoleChange } from '#lib/protocol/messages/access.ts'
import type { Reset } from '#lib/protocol/messages/join.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import { decodePresenceDiff, type PresenceDiffBody } from '#lib/protocol/messages/presence.ts'
import { type Ack, type BatchBody, decodeRow, type RowBody } from '#lib/protocol/messages/update.ts'
import { newDocument } from '../storage/stored-values.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

export const DOCUMENT = 'document-1'

/** A connection that records the messages it was sent. */
export class Probe implements Connection {
  readonly id: string
  readonly userId: string
  readonly cap: Role | null = null
  readonly seats = new Map<number, Seat>()
  isBusy = false
  readonly frames: Uint8Array[] = []
  readonly notices: Notice[] = []
  readonly diffs: PresenceDiffBody[] = []
  readonly acks: Ack[] = []
  readonly resets: Reset[] = []
  readonly roles: RoleChange[] = []
  readonly wishes: Asked[] = []
  /** The rooms whose seats were left. */
  readonly left: number[] = []
  stopped = false
  readonly doc = new Y.Doc()
  /** Called with every frame that the connection receives. */
  onFrame: (frame: Uint8Array) => void = () => undefined
  #n = 0

  constructor(id: string, userId = `user of ${id}`) {
    this.id = id
    this.userId = userId
  }

  relay(_room: number, frame: Uint8Array): void {
    this.frames.push(frame)
    this.onFrame(frame)
  }
  notice(notice: Notice): void {
    this.notices.push(notice)
  }
  showPresence(body: Uint8Array): void {
    this.diffs.push(decodePresenceDiff(body))
  }
  ack(ack: Ack): void {
    this.acks.push(ack)
  }
  reset(reset: Reset): void {
    this.resets.push(reset)
  }
  changeRole(change: RoleChange): void {
    this.roles.push(change)
  }
  asked(asked: Asked): void {
    this.wishes.push(asked)
  }
  stop(): void {
    this.stopped = true
  }
  exit(room: number): void {
    this.left.push(room)
  }

  /** Closes the connection, leaving every seat. */
  leave(): void {
    for (const seat of this.seats.values()) seat.leave()
  }

  /** Returns the batch of one edit. */
  edit(room: number, text: string): BatchBody {
    const title = this.doc.getText('title')
    return this.write(room, () => title.insert(title.length, text))
  }

  /** Returns the batch of one new paragraph. */
  paste(room: number, text: string): BatchBody {
    return this.write(room, () => this.doc.getXmlFragment('body').insert(0, [paragraphOf(text)]))
  }

  /** Returns the batch of one transaction. */
  write(room: number, change: () => void): BatchBody {
    let update: Uint8Array | null = null
    this.doc.once('update', (made: Uint8Array) => {
      update = made
    })
    this.doc.transact(change)
    if (!update) throw new Error('no update')
    return this.batch(room, ++this.#n, [update])
  }

  batch(room: number, n: number, updates: Uint8Array[]): BatchBody {
    const { clientID: clientId } = this.doc
    return { room, clientId, n, part: 0, parts: 1, restore: false, payload: encodeUpdates(updates) }
  }

  get codes(): (string | undefined)[] {
    return this.acks.map((ack) => ack.refusal?.code)
  }
}

/** The rooms of a server with one empty document, over virtual time and a store in memory. Records their events. */
export class RoomsScene {
  readonly clock = new VirtualClock(() => 0.5)
  readonly store = new MemoryStore()
  /** The frames relayed to probes that joined here, each once. */
  readonly frames: RowBody[] = []
  /** The titles in the order in which they were projected. */
  readonly titles: [documentId: string, title: string][] = []
  readonly events: RoomEvent[] = []
  rooms: Rooms
  /** The rows whose digest was computed. */
  readonly digested: number[] = []
  /** Called before each check of the schema, which waits for it. */
  onCheck: () => Promise<void> = async () => undefined
  /** The answer of every document's budget. */
  unpaid: Refusal | null = null
  /** The bytes that budgets were asked for. */
  spent = 0

  #lastFrame: Uint8Array | null = null

  private constructor() {
    this.rooms = this.#newRooms()
  }

  static async open(): Promise<RoomsScene> {
    const scene = new RoomsScene()
    await scene.store.create(
      newDocument(DOCUMENT, { lineage: 'lineage-1', ownerId: 'owner', linkId: 'link-1' }),
    )
    return scene
  }

  /** Restarts the server: everything in memory is gone. */
  restart(): void {
    this.rooms = this.#newRooms()
  }

  async join(probe: Probe, request: Partial<RoomJoin> = {}): Promise<RoomJoined & { room: number }> {
    const joined = await this.ask(probe, request)
    if (!joined.ok) throw new Error(joined.code)
    return { ...joined, room: joined.seat.room }
  }

  ask(probe: Probe, request: Partial<RoomJoin> = {}): Promise<RoomJoined | Refusal> {
    probe.onFrame = (frame) => this.#heard(frame)
    const whole = {
      documentId: DOCUMENT,
      role: 'editor' as const,
      linkId: 'link-1',
      clientId: probe.doc.clientID,
      schemaVersion: 1,
    }
    return this.rooms.join(probe, { ...whole, cursor: null, ...request })
  }

  async send(probe: Probe, batch: BatchBody): Promise<void> {
    this.rooms.receive(probe, batch)
    await this.clock.advance(50)
  }

  async headSeq(): Promise<number | undefined> {
    return (await this.store.load(DOCUMENT))?.headSeq
  }

  #heard(frame: Uint8Array): void {
    if (frame !== this.#lastFrame) this.frames.push(decodeRow(frame))
    this.#lastFrame = frame
  }

  #newRooms(): Rooms {
    return new Rooms({
      store: this.store,
      clock: this.clock,
      hash: (...parts) => {
        const hash = createHash('sha256')
        for (const part of parts) hash.update(part)
        return new Uint8Array(hash.digest().subarray(0, CHAIN_BYTES))
      },
      folding: {
        fold: async (job) => foldDocument(job),
        check: async (job) => {
          await this.onCheck()
          return checkDocument(job)
        },
        digest: async (job) => {
          this.digested.push(job.rows.length)
          return digestDocument(job)
        },
        spent: 0,
      },
      titles: { set: (documentId, title) => this.titles.push([documentId, title]) },
      presence: { pingInterval: 10_000 },
      budgets: {
        of: () => ({
          spend: (bytes) => {
            this.spent += bytes
            return this.unpaid
          },
        }),
      },
      cacheBytes: 1e6,
      policy: {
        quietMs: 100,
        titleBudget: 1,
        checkBudget: 1,
        spareBudget: 1,
        burstMs: 1000,
        latestMs: 200,
        snapshotRows: 3,
        snapshotBytes: 1e6,
        keepMs: 1000,
        keepBytes: 1e6,
      },
      onEvent: (event) => this.events.push(event),
    })
  }
}

/** Returns the cursor of a client that has everything up to a row. */
export function cursorAt(row: RowBody) {
  return { lineage: 'lineage-1', seq: row.seq, chain: chainToHex(row.chain) }
}
