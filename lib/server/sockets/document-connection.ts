import type { Socket } from 'socket.io'
import type { Connection } from '#lib/collab/members.ts'
import type { LiveAccess } from '#lib/library/live-access.ts'
import type { SocketUser } from '#lib/people/authentication.ts'
import { identityOf } from '#lib/people/profile.ts'
import type { SocketToken } from '#lib/people/tokens.ts'
import type { Log } from '#lib/process/log.ts'
import { ByteList } from '#lib/protocol/byte-list.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { type Refusal, refuse } from '#lib/protocol/errors.ts'
import { atLeast } from '#lib/protocol/identity.ts'
import { LIMITS } from '#lib/protocol/limits.ts'
import { type AskRequest, accessAskRule, type RoleChange } from '#lib/protocol/messages/access.ts'
import { type CompareRequest, documentCompareRule } from '#lib/protocol/messages/compare.ts'
import type { DownEvents } from '#lib/protocol/messages/down.ts'
import { documentPullRule, type PullRequest } from '#lib/protocol/messages/history.ts'
import {
  documentJoinRule,
  documentLeaveRule,
  type LeaveRequest,
  type Reset,
} from '#lib/protocol/messages/join.ts'
import { decodePresenceSet, type PresenceSetBody } from '#lib/protocol/messages/presence.ts'
import { type RenewRequest, sessionRenewRule } from '#lib/protocol/messages/session.ts'
import type { UpEvents } from '#lib/protocol/messages/up.ts'
import { type Ack, type BatchBody, decodeBatch } from '#lib/protocol/messages/update.ts'
import { DocumentJoins, type JoinPorts, type SocketData } from './document-joins.ts'
import { EventGate } from './event-gate.ts'
import { HistorySending } from './history-sending.ts'
import { type Answer, bytes, type EventRules, json } from './socket-events.ts'
import { SocketLease, type SocketLeaseOptions } from './socket-lease.ts'
import type { SocketLimits } from './socket-limits.ts'

export type DocumentSocket = Socket<UpEvents, DownEvents, Record<string, never>, SocketData>

export interface ConnectionPorts extends JoinPorts {
  /** Whose token this is; null: not ours, ended, or its session is over. */
  readonly userOf: (token: string) => Promise<(SocketUser & SocketToken) | null>
  readonly graceMs: SocketLeaseOptions['graceMs']
  readonly live: LiveAccess
  readonly clock: Clock
  readonly log: Log
  readonly limits: Pick<SocketLimits, 'take' | 'isCrowded'>
}

const NOT_JOINED = refuse('not-joined', 'join the document first')

/** Sockets by the room whose frames they get. */
export type SocketGroups = Map<number, Set<DocumentSocket>>

/** One socket: what it may send and who handles it, and what the rooms send it. Everything comes through its gate. */
export class DocumentConnection implements Connection {
  readonly id: string
  readonly userId: string
  readonly aliases: ReadonlySet<string>
  readonly #socket: DocumentSocket
  readonly #ports: ConnectionPorts
  readonly #groups: SocketGroups
  readonly #lease: SocketLease
  readonly #sending: HistorySending
  readonly #joins: DocumentJoins
  readonly #gate: EventGate<DocumentConnection>
  /** Documents by room. */
  readonly #documents = new Map<number, string>()
  #latePresence: PresenceSetBody | null = null
  #cancelLatePresence: (() => void) | null = null
  #closed = false

  /** Every event a client may send. A static block of the class: the handlers are nobody else's. */
  static readonly rules: EventRules<DocumentConnection> = {
    'document:join': {
      shape: 'document:join {address, clientId, schemaVersion, cursor}',
      read: json(documentJoinRule.json),
      rate: 'joins',
      role: 'anyone',
      handle: (to, request, answer) => to.#joins.join(request, answer),
    },
    'document:update': {
      shape: 'document:update <bytes>',
      read: bytes(decodeBatch),
      rate: 'updates',
      role: 'editor',
      handle: (to, batch, received) => to.#update(batch, received),
      refused: (to, { room, clientId, n }, refusal) =>
        to.#socket.emit('document:ack', { room, clientId, n, refusal }),
    },
    'document:pull': {
      shape: 'document:pull {room, seq}',
      read: json(documentPullRule.json),
      rate: 'joins',
      role: 'viewer',
      handle: (to, request, answer) => to.#pull(request, answer),
    },
    'document:compare': {
      shape: 'document:compare {room, seq, digest}',
      read: json(documentCompareRule.json),
      rate: 'compares',
      role: 'viewer',
      handle: (to, request, answer) => to.#compare(request, answer),
    },
    'document:leave': {
      shape: 'document:leave {room}',
      read: json(documentLeaveRule.json),
      rate: null,
      role: 'anyone',
      handle: (to, request) => to.#leave(request),
    },
    'presence:set': {
      shape: 'presence:set <bytes>',
      read: bytes(decodePresenceSet),
      rate: 'presence',
      role: 'viewer',
      handle: (to, set) => to.#setPresence(set),
      refused: (to, set, refusal) => to.#setPresenceLater(set, refusal),
    },
    'session:renew': {
      shape: 'session:renew {token}',
      read: json(sessionRenewRule.json),
      rate: 'sockets',
      role: 'anyone',
      handle: (to, request, answer) => to.#renew(request, answer),
    },
    'access:ask': {
      shape: 'access:ask {room, role}',
      read: json(accessAskRule.json),
      rate: 'writes',
      role: 'viewer',
      handle: (to, request, answer) => to.#ask(request, answer),
    },
  }

  constructor(socket: DocumentSocket, ports: ConnectionPorts, groups: SocketGroups) {
    this.#groups = groups
    this.id = socket.id
    this.userId = socket.data.profile.userId
    this.aliases = socket.data.aliases
    this.#socket = socket
    this.#ports = ports
    this.#sending = new HistorySending((...chunk) => socket.emit('document:chunk', ...chunk))
    this.#joins = new DocumentJoins(ports, {
      connection: this,
      data: socket.data,
      documents: this.#documents,
      sending: this.#sending,
      isClosed: () => this.#closed,
      readers: (room) => groups.get(room)?.size ?? 1,
    })
    const { clock, graceMs, live } = ports
    live.admit(this, socket.data.cap)
    this.#gate = new EventGate<DocumentConnection>({
      rules: DocumentConnection.rules,
      target: this,
      roleIn: (room) => ports.rooms.roleOf(this, room),
      take: (rate, bytes) => ports.limits.take(rate, socket.data.keys, bytes),
      warn: () => socket.emit('server:notice', { room: 0, code: 'last-warning' }),
      shutOut: () => {
        if (!this.#closed) socket.disconnect(true)
      },
      log: ports.log,
    })
    const onLapsed = () => live.lapse(this, this.#documents.values())
    const onEnded = () => void socket.disconnect(true)
    this.#lease = new SocketLease({ clock, graceMs, onLapsed, onEnded }, socket.data.expiresAt)
  }

  /** One event with its arguments, as it came. */
  receive(event: string, args: readonly unknown[]): void | Promise<void> {
    return this.#gate.receive(event, args)
  }

  /** The socket is gone. */
  close(): void {
    this.#closed = true
    this.#cancelLatePresence?.()
    this.#lease.close()
    this.#sending.stop()
    this.#documents.clear()
    this.#ports.rooms.leave(this)
    this.#ports.presence.leave(this.id)
    this.#ports.live.forget(this)
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
    this.#sending.stop(room)
    this.#ports.presence.leave(this.id, room)
  }

  ack(ack: Ack): void {
    this.#socket.emit('document:ack', ack)
    if (ack.refusal) this.#gate.count(ack.refusal.code)
  }

  reset(reset: Reset): void {
    this.#socket.emit('document:reset', reset)
  }

  changeRole(change: RoleChange): void {
    this.#socket.emit('document:role', change)
    this.#ports.presence.changeRole(this.id, change.room, change.role)
  }

  stop(room: number): void {
    if (this.#closed) return
    this.#socket.emit('server:notice', { room, code: 'schema-broken' })
    this.#socket.disconnect(true)
  }

  #update(batch: BatchBody, received: Answer): null {
    this.#ports.rooms.receive(this, batch)
    received({ ok: true })
    return null
  }

  async #pull({ room, seq }: PullRequest, answer: Answer): Promise<Refusal | null> {
    const history = await this.#ports.rooms.pull(this, room, seq)
    if (!(history instanceof ByteList)) return history
    if (this.#ports.rooms.roleOf(this, room) === null) return NOT_JOINED
    this.#sending.send(room, { ok: true }, history, answer)
    return null
  }

  async #compare(request: CompareRequest, answer: Answer): Promise<Refusal | null> {
    const verdict = await this.#ports.rooms.compare(this, request)
    if (typeof verdict !== 'string') return verdict
    answer({ ok: true, verdict })
    return null
  }

  #leave({ room }: LeaveRequest): null {
    this.#ports.rooms.leave(this, room)
    this.exit(room)
    return null
  }

  #setPresence(set: PresenceSetBody): Refusal | null {
    if (set.caret.length > LIMITS.caretBytes)
      return refuse('too-large', `a caret has at most ${LIMITS.caretBytes} bytes`)
    return this.#ports.presence.set(this.id, set) ? null : NOT_JOINED
  }

  /** Where a caret stands has no answer that could say "later": the last one is kept, and set then. */
  #setPresenceLater(set: PresenceSetBody, { code, retryAfterMs }: Refusal): void {
    if (code !== 'rate-limited' || this.#closed) return
    this.#latePresence = set
    this.#cancelLatePresence ??= this.#ports.clock.after(retryAfterMs ?? 0, () => {
      this.#cancelLatePresence = null
      if (this.#latePresence) this.#setPresence(this.#latePresence)
    })
  }

  async #renew({ token }: RenewRequest, answer: Answer): Promise<Refusal | null> {
    const { userOf, live } = this.#ports
    const user = await userOf(token)
    const { profile, sessionId } = this.#socket.data
    if (user?.userId !== profile.userId || user.sessionId !== sessionId) {
      return refuse('session-expired', 'this token is not one of this session; fetch a new one')
    }
    if (this.#closed) return null
    if (this.#lease.renew(user.expiresAt)) live.restore(this, this.#documents.values())
    answer({ ok: true, expiresAt: user.expiresAt })
    return null
  }

  async #ask(request: AskRequest, answer: Answer): Promise<Refusal | null> {
    const { rooms, live } = this.#ports
    const documentId = this.#documents.get(request.room)
    const role = rooms.roleOf(this, request.room)
    if (documentId === undefined || role === null) return NOT_JOINED
    // Its role is not that of its user: an owner would ask themselves.
    if (live.hasLapsed(this)) return refuse('session-expired', 'renew the token first')
    // Somebody who may it already, or whose wish was granted in this moment.
    if (!atLeast(role, request.role)) {
      await live.ask(documentId, identityOf(this.#socket.data.profile), request)
    }
    answer({ ok: true })
    return null
  }
}
