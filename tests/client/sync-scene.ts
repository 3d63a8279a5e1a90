import * as Y from 'yjs'
import type { Channel } from '#lib/client/channel/channel.ts'
import { DocumentSync, type DocumentSyncOptions } from '#lib/client/document-sync.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import {
  decodeUpdates,
  EMPTY_CHAIN,
  ENTRY_BODY_UPDATE,
  encodeEntries,
  type Row,
} from '#lib/protocol/log-row.ts'
import { encodeHistory, type HistoryBody } from '#lib/protocol/messages/history.ts'
import type { Joined, JoinRequest } from '#lib/protocol/messages/join.ts'
import { type BatchBody, decodeBatch } from '#lib/protocol/messages/update.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

export const ADDRESS = 'A'.repeat(32)
export const ROOM = 1

type PullAnswer = { readonly history: HistoryBody } | { readonly refusal: Refusal }

/** A history without rows. */
export const EMPTY: HistoryBody = { snapshot: null, rows: [] }

/** Returns the answer to a granted join, with `more` fields. */
export function granted(more: Partial<Joined> = {}): Joined {
  return {
    ok: true,
    room: ROOM,
    documentId: 'document',
    lineage: 'lineage',
    role: 'editor',
    schemaVersion: 1,
    member: 1,
    self: { userId: 'ada', name: '', guestName: 1, hue: 1 },
    acknowledged: 0,
    mode: 'snapshot',
    chunked: 0,
    vector: '',
    pingInterval: 10_000,
    pingTimeout: 30_000,
    ...more,
  }
}

/** The log of a document that one other user types in. */
export class Log {
  readonly doc = new Y.Doc()
  readonly #rows: Row[] = []
  #n = 0

  /** Returns the row of one more edit at the end of the title. */
  type(text: string): Row {
    const before = Y.encodeStateVector(this.doc)
    const title = this.doc.getText('title')
    title.insert(title.length, text)
    return this.#add(this.doc.clientID, ++this.#n, [Y.encodeStateAsUpdate(this.doc, before)])
  }

  /** Returns the row of a batch that a client sent. */
  take({ clientId, n, payload }: BatchBody): Row {
    return this.#add(clientId, n, decodeUpdates(payload))
  }

  get history(): HistoryBody {
    return { snapshot: null, rows: this.#rows }
  }

  #add(clientId: number, n: number, updates: readonly Uint8Array[]): Row {
    const user = n === 1 ? `user ${clientId}` : ''
    const entries = encodeEntries([{ kind: ENTRY_BODY_UPDATE, clientId, n, user, updates }])
    const row = { seq: this.#rows.length + 1, chain: EMPTY_CHAIN, entries }
    this.#rows.push(row)
    return row
  }
}

/** A DocumentSync over virtual time, and the server's end of its channel, which does as it is told. */
export class SyncScene {
  readonly clock = new VirtualClock(() => 0.5)
  readonly doc = new Y.Doc()
  readonly sync: DocumentSync
  /** The joins requested, with the time since the scene began, ms. */
  readonly joins: { readonly at: number; readonly request: JoinRequest }[] = []
  /** The row that each pull asked after. */
  readonly pulls: number[] = []
  /** The batches sent and not yet returned by `sent`. */
  readonly #sent: BatchBody[] = []
  readonly left: number[] = []
  /** The server's answer to a join. An error cuts the connection during the join. */
  joined: Joined | Refusal | Error = granted()
  /** The history that a join is answered with. Bytes are sent as they are. */
  history: HistoryBody | Uint8Array = EMPTY
  /** The server's answers to pulls, in order; after them it answers the history. */
  readonly pullAnswers: PullAnswer[] = []
  /** The number of calls of `changed`. */
  told = 0
  readonly #begun = this.clock.now()

  constructor(options: Partial<DocumentSyncOptions> = {}) {
    this.sync = new DocumentSync({
      doc: this.doc,
      address: ADDRESS,
      store: null,
      clock: this.clock,
      created: false,
      changed: () => {
        this.told++
      },
      ...options,
    })
  }

  get title(): string {
    return this.doc.getText('title').toString()
  }

  get #bytes(): Uint8Array {
    return this.history instanceof Uint8Array ? this.history : encodeHistory(this.history).whole()
  }

  /** Connects, and runs everything that follows without waiting. */
  async connect(): Promise<void> {
    this.sync.follower.connected(this.#channel())
    await this.settle()
  }

  /** Runs everything that needs no time. */
  async settle(): Promise<void> {
    await this.clock.advance(0)
  }

  type(text: string): void {
    const title = this.doc.getText('title')
    title.insert(title.length, text)
  }

  /** Delivers a row. */
  row(row: Row, room = ROOM): void {
    this.sync.follower.receiveRow({ room, ...row })
  }

  /** Acknowledges or refuses a batch. */
  ack({ clientId, n }: { readonly clientId: number; readonly n: number }, refusal?: Refusal): void {
    this.sync.follower.receiveAck({ room: ROOM, clientId, n, ...(refusal ? { refusal } : {}) })
  }

  /** Returns the batches sent since the last call. */
  sent(): BatchBody[] {
    return this.#sent.splice(0)
  }

  #channel(): Channel {
    return {
      join: async (request) => {
        this.joins.push({ at: this.clock.now() - this.#begun, request })
        const answer = this.joined
        if (answer instanceof Error) throw answer
        return { answer, history: answer.ok ? this.#bytes : null }
      },
      pull: async ({ seq }) => {
        this.pulls.push(seq)
        const next = this.pullAnswers.shift()
        if (next && 'refusal' in next) return { answer: next.refusal, history: null }
        const history = next ? encodeHistory(next.history).whole() : this.#bytes
        return { answer: { ok: true, chunked: 0 }, history }
      },
      compare: async () => ({ answer: { ok: true, verdict: 'same' } }),
      update: (part) => {
        this.#sent.push(decodeBatch(part))
      },
      leave: (room) => {
        this.left.push(room)
      },
    }
  }
}
