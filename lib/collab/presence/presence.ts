import { equalBytes } from '#lib/protocol/body.ts'
import type { PresenceIdentity } from '#lib/protocol/identity.ts'
import { type Identity, mayEdit, type PresenceState, type Role } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import {
  encodePresenceDiff,
  type PresenceSetBody,
  type PresenceUpsert,
} from '#lib/protocol/messages/presence.ts'
import { PresenceHues } from './presence-hues.ts'

/** A tab that enters. `Recipient` identifies a connection: it is compared by identity and never inspected. */
export interface PresenceTab<Recipient = string> {
  /** Session and tab: the same for every connection of one page load. Never sent to clients. */
  readonly key: string
  /** Number of this connection among those of the tab; the higher one wins. */
  readonly connection: number
  /** The connection that receives the tab's diffs. */
  readonly recipient: Recipient
  readonly identity: PresenceIdentity
  readonly role: Role
  readonly now: number
}

/** One body for all recipients that lack the same changes. */
export interface PresenceSend<Recipient = string> {
  readonly recipients: readonly Recipient[]
  /** An encoded PresenceDiffBody. */
  readonly body: Uint8Array
}

interface Member<Recipient> {
  readonly member: number
  readonly key: string
  connection: number
  recipient: Recipient
  identity: Identity & { readonly role: Role }
  idle: boolean
  unsteady: boolean
  caret: Uint8Array
  heardAt: number
  /** Room version at which the identity last changed. */
  identityAt: number
  /** Room version at which idleness or liveness last changed. */
  stateAt: number
  /** Room version at which the caret last changed. */
  caretAt: number
}

/** The version that a connection was sent, -1 before the first diff. */
interface Received {
  readonly member: number
  version: number
}

const NO_CARET = new Uint8Array(0)
/** Heartbeats without a sign of life after which a tab is unsteady. */
const UNSTEADY_AFTER = 1.5
const SHORTEST_TICK_MS = 50
const LONGEST_TICK_MS = 500
const SMALL_ROOM = 10
const LARGE_ROOM = 500

/**
 * Presence of one room ([PRES] in docs/protocol.md): one record per tab, with identity, role and liveness from the
 * server, and caret and idleness from the client. Pure: the caller passes in the time (ms, never decreasing), and
 * nothing is stored or sent here.
 */
export class Presence<Recipient = string> {
  readonly #room: number
  readonly #unsteadyAfterMs: number
  readonly #hidesReaders: boolean
  readonly #hues = new PresenceHues()
  readonly #members = new Map<number, Member<Recipient>>()
  readonly #byKey = new Map<string, Member<Recipient>>()
  readonly #recipients = new Map<Recipient, Received>()
  #removed: { readonly member: number; readonly at: number }[] = []
  #lastMember = 0
  #version = 0
  /** The member that made the last change, 0 for the server. Its own client knows that change already. */
  #changedBy = 0
  /** Version of the last change not made by `#changedBy`. */
  #changedByOthersAt = 0
  #lastTick = Number.NEGATIVE_INFINITY
  /** No member becomes unsteady before this time. Recomputed when it has come: a sign of life does not move it. */
  #steadyUntil = Number.POSITIVE_INFINITY
  /** True if some recipient may lack something. */
  #behind = false

  /** `hidesReaders`: hides members who may not edit. Default: false. */
  constructor(options: {
    readonly room: number
    readonly pingIntervalMs: number
    readonly hidesReaders?: boolean
  }) {
    this.#room = options.room
    this.#hidesReaders = options.hidesReaders ?? false
    this.#unsteadyAfterMs = options.pingIntervalMs * UNSTEADY_AFTER
  }

  /** Number of tabs present. */
  get size(): number {
    return this.#members.size
  }

  /**
   * Shows a tab. A tab that enters again over a newer connection keeps its number. Returns null if a newer
   * connection of the same tab is shown. Entering again over the same connection sends it the whole roster again.
   * The newest identity applies to every tab of that user.
   */
  enter(tab: PresenceTab<Recipient>): { member: number; identity: Identity } | null {
    const known = this.#byKey.get(tab.key)
    const sameConnection = known?.connection === tab.connection && known.recipient === tab.recipient
    if (known && known.connection >= tab.connection && !sameConnection) return null
    const identity = { ...this.#withHue(tab.identity), role: tab.role }
    const member = known ?? this.#add(tab, identity)
    if (known) {
      this.#recipients.delete(known.recipient)
      known.connection = tab.connection
      known.recipient = tab.recipient
      this.#hear(known, tab.now)
    }
    this.#recipients.set(tab.recipient, { member: member.member, version: -1 })
    this.#behind = true
    this.#identify(member, identity)
    this.#identifyAll(identity)
    const { role: _, ...own } = member.identity
    return { member: member.member, identity: own }
  }

  /** Removes a tab. Does nothing if another connection has taken it over, as at a late close of an old connection. */
  leave(member: number, recipient: Recipient): void {
    const found = this.#of(member, recipient)
    if (!found) return
    this.#members.delete(member)
    this.#byKey.delete(found.key)
    this.#recipients.delete(recipient)
    this.#removed.push({ member, at: this.#change(0) })
  }

  /** Sets a client's caret and idleness. Returns false, and sets neither, if the caret exceeds LIMITS.caretBytes. */
  set(member: number, recipient: Recipient, body: PresenceSetBody, now: number): boolean {
    if (body.caret.length > LIMITS.caretBytes) return false
    const found = this.#of(member, recipient)
    if (!found) return true
    this.#hear(found, now)
    if (found.idle !== body.idle) {
      found.idle = body.idle
      found.stateAt = this.#change(member)
    }
    if (!equalBytes(found.caret, body.caret)) {
      // A copy, because a decoded body is a view into a whole network buffer.
      found.caret = body.caret.slice()
      found.caretAt = this.#change(member)
    }
    return true
  }

  /** Notes a sign of life, any packet or transport pong. Returns true if the tab was unsteady until now. */
  heard(member: number, recipient: Recipient, now: number): boolean {
    const found = this.#of(member, recipient)
    return found !== null && this.#hear(found, now)
  }

  /** Changes the role of a tab. */
  changeRole(member: number, recipient: Recipient, role: Role): void {
    const found = this.#of(member, recipient)
    if (found) this.#identify(found, { ...found.identity, role })
  }

  /** Changes a user's name or hue in every tab of theirs. */
  rename(identity: PresenceIdentity): void {
    this.#identifyAll(this.#withHue(identity))
  }

  /**
   * Returns what each recipient lacks, in one body per version that recipients have. A `busy` recipient is skipped
   * and later gets everything in one diff. A recipient that lacks only its own caret or idleness is sent nothing.
   */
  diffs(now: number, busy: (recipient: Recipient) => boolean): PresenceSend<Recipient>[] {
    this.#lastTick = now
    this.#findUnsteady(now)
    if (!this.#behind) return []
    this.#behind = false
    const groups = new Map<number, Recipient[]>()
    let oldest = this.#version
    for (const [recipient, received] of this.#recipients) {
      const lacksAt = this.#changedBy === received.member ? this.#changedByOthersAt : this.#version
      if (received.version === this.#version) continue
      if (received.version >= lacksAt) {
        received.version = this.#version
        continue
      }
      if (busy(recipient)) {
        this.#behind = true
        if (received.version >= 0) oldest = Math.min(oldest, received.version)
        continue
      }
      const group = groups.get(received.version)
      if (group) group.push(recipient)
      else groups.set(received.version, [recipient])
      received.version = this.#version
    }
    const sends: PresenceSend<Recipient>[] = []
    for (const [version, recipients] of groups) {
      const body = this.#encodeSince(version)
      if (body) sends.push({ recipients, body })
    }
    this.#removed = this.#removed.filter(({ at }) => at > oldest)
    return sends
  }

  /** Returns the ms until `diffs` has work, null until another call. Joins and leaves wait no longer than 500 ms. */
  nextTickIn(now: number): number | null {
    if (this.#behind) return Math.max(0, this.#lastTick + this.#tickMs() - now)
    return this.#steadyUntil === Number.POSITIVE_INFINITY ? null : Math.max(0, this.#steadyUntil - now)
  }

  #add(tab: PresenceTab<Recipient>, identity: Identity & { readonly role: Role }): Member<Recipient> {
    const version = this.#change(0)
    const member: Member<Recipient> = {
      member: ++this.#lastMember,
      key: tab.key,
      connection: tab.connection,
      recipient: tab.recipient,
      identity,
      idle: false,
      unsteady: false,
      caret: NO_CARET,
      heardAt: tab.now,
      identityAt: version,
      stateAt: version,
      caretAt: version,
    }
    this.#members.set(member.member, member)
    this.#byKey.set(tab.key, member)
    this.#lookAfter(member)
    return member
  }

  #of(member: number, recipient: Recipient): Member<Recipient> | null {
    const found = this.#members.get(member)
    return found?.recipient === recipient ? found : null
  }

  #hear(member: Member<Recipient>, now: number): boolean {
    member.heardAt = now
    if (!member.unsteady) return false
    member.unsteady = false
    member.stateAt = this.#change(0)
    this.#lookAfter(member)
    return true
  }

  #lookAfter({ heardAt }: Member<Recipient>): void {
    this.#steadyUntil = Math.min(this.#steadyUntil, heardAt + this.#unsteadyAfterMs)
  }

  #findUnsteady(now: number): void {
    if (now < this.#steadyUntil) return
    this.#steadyUntil = Number.POSITIVE_INFINITY
    for (const member of this.#members.values()) {
      if (member.unsteady) continue
      if (now - member.heardAt < this.#unsteadyAfterMs) {
        this.#lookAfter(member)
        continue
      }
      member.unsteady = true
      member.stateAt = this.#change(0)
    }
  }

  #identifyAll(identity: Identity): void {
    for (const member of this.#members.values()) {
      if (member.identity.userId === identity.userId) {
        this.#identify(member, { ...identity, role: member.identity.role })
      }
    }
  }

  #identify(member: Member<Recipient>, identity: Identity & { readonly role: Role }): void {
    const { name, guestName, hue, role } = member.identity
    if (
      name === identity.name &&
      guestName === identity.guestName &&
      hue === identity.hue &&
      role === identity.role
    ) {
      return
    }
    const wasHidden = this.#isHidden(member)
    member.identity = identity
    const at = this.#change(0)
    member.identityAt = at
    const isHidden = this.#isHidden(member)
    if (isHidden && !wasHidden) this.#removed.push({ member: member.member, at })
    if (wasHidden && !isHidden) member.stateAt = member.caretAt = at
  }

  #withHue({ userId, name, guestName, hue }: PresenceIdentity): Identity {
    const others = new Map<string, number>()
    for (const { identity } of this.#members.values()) {
      if (identity.userId !== userId) others.set(identity.userId, identity.hue)
      else hue ??= identity.hue
    }
    return { userId, name, guestName, hue: this.#hues.pick(userId, hue, others.values()) }
  }

  /** Begins a new version of the room. `by`: the member whose client reported the change, 0 for the server. */
  #change(by: number): number {
    if (by === 0 || by !== this.#changedBy) this.#changedByOthersAt = this.#version
    this.#changedBy = by
    this.#behind = true
    return ++this.#version
  }

  #isHidden({ identity }: Member<Recipient>): boolean {
    return this.#hidesReaders && !mayEdit(identity.role)
  }

  /** Returns the encoded diff since a version, null if nothing visible has changed. */
  #encodeSince(version: number): Uint8Array | null {
    const full = version < 0
    const upserts: PresenceUpsert[] = []
    for (const each of this.#members.values()) {
      const { member, identity, caret } = each
      if (Math.max(each.identityAt, each.stateAt, each.caretAt) <= version || this.#isHidden(each)) continue
      upserts.push({
        member,
        ...(each.identityAt > version ? { identity } : {}),
        ...(each.stateAt > version ? { state: stateOf(each) } : {}),
        ...(each.caretAt > version ? { caret } : {}),
      })
    }
    const removes = full ? [] : this.#removed.filter(({ at }) => at > version).map(({ member }) => member)
    if (!full && upserts.length === 0 && removes.length === 0) return null
    return encodePresenceDiff({ room: this.#room, full, upserts, removes })
  }

  #tickMs(): number {
    const grown = (this.#recipients.size - SMALL_ROOM) / (LARGE_ROOM - SMALL_ROOM)
    return SHORTEST_TICK_MS + Math.min(1, Math.max(0, grown)) * (LONGEST_TICK_MS - SHORTEST_TICK_MS)
  }
}

function stateOf({ unsteady, idle }: Member<unknown>): PresenceState {
  if (unsteady) return 'unsteady'
  return idle ? 'idle' : 'active'
}
