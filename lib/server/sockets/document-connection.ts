import type { Rooms } from '#lib/collab/rooms.ts'
import type { Connection, Seat } from '#lib/collab/seats.ts'
import type { LiveAccess } from '#lib/library/live-access.ts'
import { identityOf } from '#lib/people/profile.ts'
import type { Log } from '#lib/process/log.ts'
import { ByteList } from '#lib/protocol/byte-list.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { REFUSALS, type Refusal, refuse } from '#lib/protocol/errors.ts'
import { atLeast, capped, type Role } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import type { Asked, AskRequest, RoleChange } from '#lib/protocol/messages/access.ts'
import type { CompareRequest } from '#lib/protocol/messages/compare.ts'
import type { PullRequest } from '#lib/protocol/messages/history.ts'
import type { JoinRequest, LeaveRequest, Reset } from '#lib/protocol/messages/join.ts'
import type { MessageRate } from '#lib/protocol/messages/message.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { PresenceSetBody } from '#lib/protocol/messages/presence.ts'
import type { RenewRequest } from '#lib/protocol/messages/session.ts'
import type { Ack, BatchBody } from '#lib/protocol/messages/update.ts'
import { DocumentJoins, type JoinPorts } from './document-joins.ts'
import type { DocumentSocket } from './document-socket.ts'
import { type Answer, EventGate, type GateOwner, type RefusedMessage } from './event-gate.ts'
import { HistorySending } from './history-sending.ts'
import type { SlowReaders } from './slow-readers.ts'
import { cut, type FrameSender, isBusy } from './socket-internals.ts'
import { SocketLease, type SocketLeaseOptions } from './socket-lease.ts'
import type { SocketLimits } from './socket-limits.ts'
import type { SocketUsers } from './socket-users.ts'

/** Time in which a client that is shut out may read why, ms. */
const SHUT_OUT_MS = 1000

export interface ConnectionPorts extends JoinPorts {
  readonly rooms: Pick<Rooms, 'join' | 'receive' | 'pull' | 'compare'>
  readonly users: Pick<SocketUsers, 'readNow'>
  readonly graceMs: SocketLeaseOptions['graceMs']
  readonly live: Pick<LiveAccess, 'version' | 'capChanged' | 'ask'>
  readonly limits: Pick<SocketLimits, 'take' | 'isCrowded'>
  readonly readers: Pick<SlowReaders, 'relay'>
  /** Sends the presence of every room. */
  readonly presenceFrames: FrameSender
  /** Lets an engine.io connection send large messages, which only a member needs. Default: it may already. */
  readonly seat?: (connection: object) => void
  readonly clock: Clock
  readonly log: Log
}

/** One socket: handles the messages it sends, all of which pass its gate, and sends it what the rooms have for it. */
export class DocumentConnection implements Connection, GateOwner {
  readonly userId: string
  readonly aliases: ReadonlySet<string>
  readonly network: string
  readonly seats = new Map<number, Seat>()
  readonly #socket: DocumentSocket
  readonly #ports: ConnectionPorts
  readonly #lease: SocketLease
  readonly #sending: HistorySending
  readonly #joins: DocumentJoins
  readonly #gate: EventGate
  /** The rooms of documents that were deleted while this connection had them open, by document. */
  readonly #deleted = new Map<string, number>()
  #latePresence: PresenceSetBody | null = null
  #presenceWaits = false

  constructor(socket: DocumentSocket, ports: ConnectionPorts) {
    const { profile, aliases, expiresAt, keys } = socket.data
    this.userId = profile.userId
    this.aliases = aliases
    this.network = keys.ip
    this.#socket = socket
    this.#ports = ports
    this.#sending = new HistorySending(socket)
    this.#joins = new DocumentJoins(ports, this, socket.data, this.#sending)
    this.#gate = new EventGate(this, ports.log)
    const { clock, graceMs, live } = ports
    const holder = {
      lapsed: () => live.capChanged(this, 'expired'),
      ended: () => void socket.disconnect(true),
    }
    this.#lease = new SocketLease({ clock, graceMs, holder }, expiresAt)
  }

  /** True once the socket is closed. */
  get isClosed(): boolean {
    return this.#lease.isClosed
  }

  get cap(): Role | null {
    const { cap } = this.#socket.data
    return this.#lease.hasLapsed ? capped('viewer', cap) : cap
  }

  get isBusy(): boolean {
    return isBusy(this.#socket)
  }

  /** Handles one event with its arguments as they arrived. */
  receive(event: string, args: readonly unknown[]): void | Promise<void> {
    return this.#gate.receive(event, args)
  }

  seated(): void {
    this.#ports.seat?.(this.#socket.conn)
  }

  /** Notes a sign of life: any packet of the transport. */
  heard(): void {
    for (const seat of this.seats.values()) seat.heard()
  }

  /** Ends the lease and every seat of a socket that is closed. Idempotent. */
  close(): void {
    this.#lease.close()
    for (const seat of this.seats.values()) seat.leave()
  }

  exit(room: number): void {
    this.#sending.stop(room)
  }

  relay(room: number, frame: Uint8Array): void {
    this.#ports.readers.relay(this.#socket, room, frame)
  }

  showPresence(body: Uint8Array): void {
    this.#ports.presenceFrames.send(this.#socket, body)
  }

  notice(notice: Notice): void {
    this.#socket.emit('server:notice', notice)
  }

  ack(ack: Ack): void {
    this.#socket.emit('document:ack', ack)
    if (ack.refusal) this.#gate.count(ack.refusal.code)
  }

  reset(reset: Reset): void {
    const seat = this.seats.get(reset.room)
    if (seat && reset.reason === 'deleted') this.#rememberDeleted(seat)
    this.#socket.emit('document:reset', reset)
  }

  /** Asks the client to join a document again that it had open when it was deleted. Idempotent. */
  restored(documentId: string): void {
    const room = this.#deleted.get(documentId)
    if (room === undefined) return
    this.#deleted.delete(documentId)
    this.reset({ room, reason: 'rejoin' })
  }

  changeRole(change: RoleChange): void {
    this.#socket.emit('document:role', change)
  }

  asked(asked: Asked): void {
    this.#socket.emit('access:asked', asked)
  }

  stop(room: number): void {
    if (this.isClosed) return
    this.#socket.emit('server:notice', { room, code: 'schema-broken' })
    this.#socket.disconnect(true)
  }

  roleIn(room: number): Role | null {
    return this.seats.get(room)?.role ?? null
  }

  take(rate: MessageRate, bytes: number): number {
    return this.#ports.limits.take(rate, this.#socket.data.keys, bytes)
  }

  warn(): void {
    this.#socket.emit('server:notice', { room: 0, code: 'last-warning' })
  }

  shutOut(): void {
    if (this.isClosed) return
    this.#socket.disconnect(true)
    // A client that does not close its side of a WebSocket would go on sending.
    this.#ports.clock.after(SHUT_OUT_MS, () => cut(this.#socket))
  }

  refused(...[name, content, refusal]: RefusedMessage): void {
    if (name === 'document:update') {
      const { room, clientId, n } = content
      this.#socket.emit('document:ack', { room, clientId, n, refusal })
    } else if (name === 'presence:set') this.#setPresenceLater(content, refusal)
  }

  'document:join'(request: JoinRequest, answer: Answer): Promise<Refusal | null> {
    return this.#joins.join(request, answer)
  }

  'document:update'(batch: BatchBody, received: Answer): null {
    this.#ports.rooms.receive(this, batch)
    received({ ok: true })
    return null
  }

  async 'document:pull'({ room, seq }: PullRequest, answer: Answer): Promise<Refusal | null> {
    const history = await this.#ports.rooms.pull(this, room, seq)
    if (!(history instanceof ByteList)) return history
    if (!this.seats.has(room)) return REFUSALS.notJoined
    this.#sending.send(room, { ok: true }, history, answer)
    return null
  }

  async 'document:compare'(request: CompareRequest, answer: Answer): Promise<Refusal | null> {
    const verdict = await this.#ports.rooms.compare(this, request)
    if (typeof verdict !== 'string') return verdict
    answer({ ok: true, verdict })
    return null
  }

  'document:leave'({ room }: LeaveRequest): null {
    this.seats.get(room)?.leave()
    return null
  }

  'presence:set'(set: PresenceSetBody): Refusal | null {
    return this.#setPresence(set)
  }

  #rememberDeleted({ documentId, room }: Seat): void {
    const [oldest] = this.#deleted.keys()
    if (oldest !== undefined && this.#deleted.size >= LIMITS.documentsPerConnection)
      this.#deleted.delete(oldest)
    this.#deleted.set(documentId, room)
  }

  #setPresence(set: PresenceSetBody): Refusal | null {
    if (set.caret.length > LIMITS.caretBytes)
      return refuse('too-large', `a caret has at most ${LIMITS.caretBytes} bytes`)
    return this.seats.get(set.room)?.setPresence(set) ? null : REFUSALS.notJoined
  }

  /**
   * Sets a rate-limited caret later, because its message has no answer that could say so. Only the last one is
   * kept, and set if its seat is still taken then.
   */
  #setPresenceLater(set: PresenceSetBody, { code, retryAfterMs }: Refusal): void {
    if (code !== 'rate-limited' || this.isClosed) return
    this.#latePresence = set
    if (this.#presenceWaits) return
    this.#presenceWaits = true
    this.#ports.clock.after(retryAfterMs ?? 0, () => {
      this.#presenceWaits = false
      if (this.#latePresence) this.#setPresence(this.#latePresence)
    })
  }

  async 'session:renew'({ token }: RenewRequest, answer: Answer): Promise<Refusal | null> {
    const { users, live } = this.#ports
    const user = await users.readNow(token)
    const { profile, sessionId } = this.#socket.data
    if (user?.userId !== profile.userId || user.sessionId !== sessionId) {
      return refuse('session-expired', 'this token is not one of this session; fetch a new one')
    }
    if (this.isClosed) return null
    if (this.#lease.renew(user.expiresAt)) live.capChanged(this, 'renewed')
    answer({ ok: true, expiresAt: user.expiresAt })
    return null
  }

  async 'access:ask'(request: AskRequest, answer: Answer): Promise<Refusal | null> {
    const seat = this.seats.get(request.room)
    if (!seat) return REFUSALS.notJoined
    // A lapsed connection has a lower role than its user: an owner would send the request to themselves.
    if (this.#lease.hasLapsed) return refuse('session-expired', 'renew the token first')
    // The member may have the role by now, if the request was granted just before.
    if (!atLeast(seat.role, request.role)) {
      await this.#ports.live.ask(seat.documentId, identityOf(this.#socket.data.profile), request)
    }
    answer({ ok: true })
    return null
  }
}
