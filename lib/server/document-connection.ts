import type { Socket } from 'socket.io'
import * as v from 'valibot'
import type { DocumentCatalog } from '../collab/document-store.ts'
import type { Connection } from '../collab/room.ts'
import type { Rooms } from '../collab/rooms.ts'
import { type ErrorCode, type Refusal, refuse } from '../protocol/errors.ts'
import {
  type Ack,
  type DownEvents,
  type Joined,
  joinSchema,
  leaveSchema,
  pullSchema,
  type Reset,
  type UpEvents,
} from '../protocol/events.ts'
import { capped, type Role } from '../protocol/identity.ts'
import { LIMITS } from '../protocol/limits.ts'
import { decodeBatch, decodePresenceSet, MalformedBody } from '../protocol/wire.ts'
import type { Person } from './accounts.ts'
import { ANSWER_BYTES, sendChunks } from './chunks.ts'
import type { Log } from './log.ts'
import type { PresenceRooms } from './presence-rooms.ts'
import type { Tokens } from './tokens.ts'

/** Who a socket belongs to, as its handshake proved it. */
export interface SocketOwner {
  person: Person
  /** The guests they once were. */
  readonly aliases: ReadonlySet<string>
  /** What they are to any document at most; null: whatever their role there is. */
  readonly cap: Role | null
  readonly sessionId: string
  readonly tab: string
  /** Counts the tab's connections; the higher one wins. */
  readonly connection: number
}

export type DocumentSocket = Socket<UpEvents, DownEvents, Record<string, never>, SocketOwner>

export interface ConnectionPorts {
  readonly rooms: Rooms
  readonly presence: PresenceRooms
  readonly catalog: Pick<DocumentCatalog, 'resolveLink' | 'recordVisit'>
  readonly tokens: Pick<Tokens, 'linkIdIn'>
  readonly pingInterval: number
  readonly pingTimeout: number
  readonly now: () => number
  readonly log: Log
}

type Answer = (answer: object, bytes?: Uint8Array) => void

/** Refusals that no client of ours causes by a race: ten of them in a row end the connection. */
const SUSPECT = new Set<ErrorCode>([
  'bad-message',
  'too-large',
  'unknown-event',
  'invalid-update',
  'foreign-client',
  'unknown-root',
])

/** Sockets by the room whose frames they get. */
export type SocketGroups = Map<number, Set<DocumentSocket>>

/**
 * One socket: parses what comes, hands it to the rules, answers. Every event goes through `receive`, the one wrapper:
 * what is wrong with a message is answered as a refusal, a fault of ours as `internal`, and nothing is thrown further.
 */
export class DocumentConnection implements Connection {
  readonly id: string
  readonly userId: string
  readonly aliases: ReadonlySet<string>
  readonly #socket: DocumentSocket
  readonly #ports: ConnectionPorts
  readonly #groups: SocketGroups
  /** Documents by room; a join on its way counts. */
  readonly #documents = new Map<number, string>()
  /** The history being sent to a room's member: a later one takes its place. */
  readonly #sending = new Map<number, Uint8Array>()
  #joining = 0
  #suspicions = 0
  #closed = false

  constructor(socket: DocumentSocket, ports: ConnectionPorts, groups: SocketGroups) {
    this.#groups = groups
    this.id = socket.id
    this.userId = socket.data.person.userId
    this.aliases = socket.data.aliases
    this.#socket = socket
    this.#ports = ports
  }

  /** One event with its arguments, as it came. */
  async receive(event: string, args: readonly unknown[]): Promise<void> {
    const last = args.at(-1)
    const answer = typeof last === 'function' ? (last as Answer) : null
    const before = this.#suspicions
    let refusal: Refusal | null
    try {
      refusal = await this.#handle(event, answer ? args.slice(0, -1) : args, answer)
    } catch (error) {
      if (error instanceof MalformedBody) {
        refusal = refuse('bad-message', error.message)
      } else {
        this.#ports.log.error({ err: error, on: event }, 'socket.handler-failed')
        refusal = refuse('internal', 'the server failed at this message; send it again later', 1000)
      }
    }
    if (refusal) {
      answer?.(refusal)
      this.#count(refusal.code)
    } else if (this.#suspicions === before) {
      this.#suspicions = 0
    }
  }

  /** The socket is gone. */
  close(): void {
    this.#closed = true
    this.#sending.clear()
    this.#documents.clear()
    this.#ports.rooms.leave(this)
    this.#ports.presence.leave(this.id)
  }

  enter(room: number): void {
    const group = this.#groups.get(room) ?? new Set()
    this.#groups.set(room, group.add(this.#socket))
  }

  exit(room: number): void {
    const group = this.#groups.get(room)
    group?.delete(this.#socket)
    if (group?.size === 0) this.#groups.delete(room)
    this.#documents.delete(room)
    this.#sending.delete(room)
    this.#ports.presence.leave(this.id, room)
  }

  ack(ack: Ack): void {
    this.#socket.emit('document:ack', ack)
    if (ack.refusal) this.#count(ack.refusal.code)
  }

  reset(reset: Reset): void {
    this.#socket.emit('document:reset', reset)
  }

  async #handle(event: string, args: readonly unknown[], answer: Answer | null): Promise<Refusal | null> {
    switch (event as keyof UpEvents) {
      case 'document:join':
        return this.#join(args, answer)
      case 'document:update':
        return this.#update(args, answer)
      case 'document:pull':
        return this.#pull(args, answer)
      case 'document:leave':
        return this.#leave(args)
      case 'presence:set':
        return this.#setPresence(args)
      default:
        return refuse('unknown-event', 'this server knows no such event')
    }
  }

  async #join(args: readonly unknown[], answer: Answer | null): Promise<Refusal | null> {
    const request = parse(joinSchema, args)
    if (!request || !answer) return badMessage('document:join {address, clientId, schemaVersion, cursor}')
    const { rooms, presence, catalog, tokens, log, now } = this.#ports
    const linkId = tokens.linkIdIn(request.address)
    const target = linkId === null ? null : await catalog.resolveLink(linkId)
    if (linkId === null || !target) {
      return refuse('not-found', 'this document does not exist or is not shared with you')
    }
    const { documentId } = target
    if (!this.#hasPlaceFor(documentId)) {
      return refuse(
        'too-many-documents',
        `one connection joins at most ${LIMITS.documentsPerConnection} documents`,
      )
    }
    const role = capped(target.ownerId === this.userId ? 'owner' : target.role, this.#socket.data.cap)
    const { clientId, schemaVersion, cursor } = request
    this.#joining++
    const joined = await rooms
      .join(this, { documentId, role, clientId, schemaVersion, cursor })
      .finally(() => this.#joining--)
    if (!joined.ok) return joined
    if (this.#closed) {
      rooms.leave(this, joined.room)
      return null
    }
    const { room, history, vector, ...rest } = joined
    const { person, sessionId, tab, connection } = this.#socket.data
    const key = `${sessionId} ${tab}`
    const entered = presence.enter(room, { key, connection, recipient: this.id, identity: person, role })
    if (!entered) {
      rooms.leave(this, room)
      return refuse('not-joined', 'a newer connection of this tab has joined')
    }
    this.#documents.set(room, documentId)
    catalog.recordVisit(this.userId, documentId, linkId, now()).catch((error: unknown) => {
      log.warn({ err: error, documentId }, 'catalog.visit-lost')
    })
    const chunked = history.length > ANSWER_BYTES ? history.length : 0
    const body: Joined = {
      ...rest,
      room,
      documentId,
      role,
      member: entered.member,
      self: entered.identity,
      chunked,
      vector: vector ? Buffer.from(vector).toString('base64') : '',
      pingInterval: this.#ports.pingInterval,
      pingTimeout: this.#ports.pingTimeout,
    }
    this.#send(room, body, history, answer)
    return null
  }

  #update(args: readonly unknown[], received: Answer | null): Refusal | null {
    const [bytes] = args
    if (args.length !== 1 || !(bytes instanceof Uint8Array)) return badMessage('document:update <bytes>')
    const batch = decodeBatch(bytes)
    if (bytes.length > LIMITS.messageBytes) {
      const refusal = refuse('too-large', `one message holds at most ${LIMITS.messageBytes} bytes`)
      const { room, clientId, n } = batch
      this.#socket.emit('document:ack', { room, clientId, n, refusal })
      return refusal
    }
    this.#ports.rooms.receive(this, batch)
    received?.({ ok: true })
    return null
  }

  async #pull(args: readonly unknown[], answer: Answer | null): Promise<Refusal | null> {
    const request = parse(pullSchema, args)
    if (!request || !answer) return badMessage('document:pull {room, seq}')
    const history = await this.#ports.rooms.pull(this, request.room, request.seq)
    if (!(history instanceof Uint8Array)) return history
    const chunked = history.length > ANSWER_BYTES ? history.length : 0
    this.#send(request.room, { ok: true, chunked }, history, answer)
    return null
  }

  #leave(args: readonly unknown[]): Refusal | null {
    const request = parse(leaveSchema, args)
    if (!request) return badMessage('document:leave {room}')
    this.#ports.rooms.leave(this, request.room)
    this.exit(request.room)
    return null
  }

  #setPresence(args: readonly unknown[]): Refusal | null {
    const [bytes] = args
    if (args.length !== 1 || !(bytes instanceof Uint8Array)) return badMessage('presence:set <bytes>')
    const set = decodePresenceSet(bytes)
    if (set.caret.length > LIMITS.caretBytes)
      return refuse('too-large', `a caret has at most ${LIMITS.caretBytes} bytes`)
    return this.#ports.presence.set(this.id, set) ? null : refuse('not-joined', 'join the document first')
  }

  #hasPlaceFor(documentId: string): boolean {
    const documents = new Set(this.#documents.values())
    return documents.has(documentId) || documents.size + this.#joining < LIMITS.documentsPerConnection
  }

  /** A history with its answer when it is short, else after it, in chunks paced by the client's acknowledgements. */
  #send(room: number, body: object, history: Uint8Array, answer: Answer): void {
    this.#sending.delete(room)
    if (history.length <= ANSWER_BYTES) {
      answer(body, history)
      return
    }
    answer(body)
    this.#sending.set(room, history)
    sendChunks(history, {
      send: (offset, bytes, received) =>
        this.#socket.emit('document:chunk', { room, total: history.length, offset }, bytes, received),
      wanted: () => this.#sending.get(room) === history,
      now: () => performance.now(),
      onEnd: () => this.#sending.delete(room),
    })
  }

  #count(code: ErrorCode): void {
    if (!SUSPECT.has(code)) return
    this.#suspicions++
    if (this.#suspicions === LIMITS.refusalsInARow - 1) {
      this.#socket.emit('server:notice', { room: 0, code: 'last-warning' })
    }
    if (this.#suspicions >= LIMITS.refusalsInARow && !this.#closed) {
      this.#ports.log.warn({ code }, 'socket.closed-for-refusals')
      this.#socket.disconnect(true)
    }
  }
}

function parse<S extends v.GenericSchema>(schema: S, args: readonly unknown[]): v.InferOutput<S> | null {
  if (args.length !== 1) return null
  const parsed = v.safeParse(schema, args[0], { abortEarly: true })
  return parsed.success ? parsed.output : null
}

function badMessage(shape: string): Refusal {
  return refuse('bad-message', `this event is ${shape}`)
}
