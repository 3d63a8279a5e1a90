import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/protocol/clock.ts'
import type { SocketUser } from './authentication.ts'
import type { Profile } from './profile.ts'
import type { Ended } from './session.ts'

/** The time for which a user is kept before they are read again, ms. */
const KEPT_FOR = 60_000
const MOST_KEPT = 10_000

export interface RecentSocketUsersPorts {
  readonly authentication: {
    /** Resolves to null if the user may not connect. */
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
 * Caches the users of sessions whose sockets connected recently: after a network failure all of them reconnect.
 * Reading a user costs more than the rest of a connection, and sockets of a session that connect together share one
 * read. A session that ends in this process is forgotten immediately; a change from outside takes effect within a
 * minute.
 */
export class RecentSocketUsers {
  readonly #ports: RecentSocketUsersPorts
  /**
   * The cached users by session. The expiry is kept in the entry: lru-cache's own TTL would take a clock that
   * starts at 0 for no time.
   */
  readonly #kept = new LRUCache<string, Kept>({ max: MOST_KEPT })

  constructor(ports: RecentSocketUsersPorts) {
    this.#ports = ports
  }

  /**
   * Returns a session's user, null if the user may not connect. Rejects if reading does. Neither null nor a
   * rejection is cached.
   */
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

  /** Updates a user's name and hue in all of their sessions. */
  renamed(profile: Profile): void {
    for (const [sessionId, { userId, user, until }] of [...this.#kept]) {
      if (userId !== profile.userId) continue
      const renamed = user.then((found) => found && { ...found, profile })
      // A failure already rejects for the callers of `of`.
      renamed.catch(() => undefined)
      this.#kept.set(sessionId, { userId, user: renamed, until })
    }
  }

  /** Forgets a session that has ended, or every session of a user. */
  ended(ended: Ended): void {
    for (const [sessionId, { userId }] of [...this.#kept]) {
      if ('userId' in ended ? userId === ended.userId : sessionId === ended.sessionId)
        this.#kept.delete(sessionId)
    }
  }
}
