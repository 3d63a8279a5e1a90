import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/protocol/clock.ts'
import type { SocketUser } from './authentication.ts'
import type { Profile } from './profile.ts'
import type { Ended } from './session.ts'

/** How long a user is kept before they are read again, ms. */
const KEPT_FOR = 60_000
const MOST_KEPT = 10_000

export interface RecentSocketUsersPorts {
  readonly authentication: {
    /** Resolves to null if the user may not come in. */
    ofSocket(userId: string, sessionId: string): Promise<SocketUser | null>
  }
  readonly clock: Pick<Clock, 'steady'>
}

interface Kept {
  readonly userId: string
  readonly user: Promise<SocketUser | null>
  readonly until: number
}

/**
 * Remembers the users of sessions whose sockets connected lately: after a network failure all of them reconnect.
 * Reading a user costs more than the rest of a connection, and sockets of a session that connect together share one
 * reading. What ends in this process is forgotten immediately; a change from outside counts a minute later.
 */
export class RecentSocketUsers {
  readonly #ports: RecentSocketUsersPorts
  /** By session. The time stays with the entry: lru-cache's own TTL would take a clock that starts at 0 for no time. */
  readonly #kept = new LRUCache<string, Kept>({ max: MOST_KEPT })

  constructor(ports: RecentSocketUsersPorts) {
    this.#ports = ports
  }

  /** Returns a session's user, null if the user may not come in. Rejects as the reading does. Neither of the two is remembered. */
  of(userId: string, sessionId: string): Promise<SocketUser | null> {
    const kept = this.#kept.get(sessionId)
    if (kept?.userId === userId && this.#ports.clock.steady() < kept.until) return kept.user
    const user = this.#ports.authentication.ofSocket(userId, sessionId)
    this.#kept.set(sessionId, { userId, user, until: this.#ports.clock.steady() + KEPT_FOR })
    const forget = () => {
      if (this.#kept.peek(sessionId)?.user === user) this.#kept.delete(sessionId)
    }
    user.then((found) => found ?? forget(), forget)
    return user
  }

  /** Takes a user's new name or hue into all of their sessions. */
  renamed(profile: Profile): void {
    for (const [sessionId, { userId, user, until }] of [...this.#kept]) {
      if (userId !== profile.userId) continue
      const renamed = user.then((found) => found && { ...found, profile })
      // A failure reaches the callers of `of`.
      renamed.catch(() => undefined)
      this.#kept.set(sessionId, { userId, user: renamed, until })
    }
  }

  /** Forgets a session that is over, or every session of a user. */
  ended(ended: Ended): void {
    for (const [sessionId, { userId }] of [...this.#kept]) {
      if ('userId' in ended ? userId === ended.userId : sessionId === ended.sessionId)
        this.#kept.delete(sessionId)
    }
  }
}
