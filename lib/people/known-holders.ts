import { LRUCache } from 'lru-cache'
import type { Ended } from './accounts.ts'
import type { Holder } from './identities.ts'
import type { Person } from './person.ts'

/** How long a holder is used before it is read again, ms. */
const KNOWN_FOR = 60_000
const MOST_KNOWN = 10_000

export interface KnownHoldersOptions {
  /** Resolves to null if the user may not come in. */
  readonly holderOf: (userId: string, sessionId: string) => Promise<Holder | null>
  /** Returns ms since some moment; never goes back. */
  readonly steady: () => number
}

interface Known {
  readonly userId: string
  readonly holder: Promise<Holder | null>
  readonly until: number
}

/**
 * Remembers the holders of sessions whose sockets connected lately: after a network failure all of them reconnect.
 * Reading a holder costs more than the rest of a connection, and sockets of a session that connect together share one
 * reading. What ends in this process is forgotten immediately; a change from outside counts a minute later.
 */
export class KnownHolders {
  readonly #options: KnownHoldersOptions
  /** By session. The time stays with the entry: lru-cache's own TTL would take a clock that starts at 0 for no time. */
  readonly #known = new LRUCache<string, Known>({ max: MOST_KNOWN })

  constructor(options: KnownHoldersOptions) {
    this.#options = options
  }

  /** Returns a session's holder, null if the user may not come in. Rejects as the reading does. Neither of the two is remembered. */
  of(userId: string, sessionId: string): Promise<Holder | null> {
    const known = this.#known.get(sessionId)
    if (known?.userId === userId && this.#options.steady() < known.until) return known.holder
    const holder = this.#options.holderOf(userId, sessionId)
    this.#known.set(sessionId, { userId, holder, until: this.#options.steady() + KNOWN_FOR })
    const forget = () => {
      if (this.#known.peek(sessionId)?.holder === holder) this.#known.delete(sessionId)
    }
    holder.then((found) => found ?? forget(), forget)
    return holder
  }

  /** Takes a user's new name or hue into all of their sessions. */
  renamed(person: Person): void {
    for (const [sessionId, { userId, holder, until }] of [...this.#known]) {
      if (userId !== person.userId) continue
      const renamed = holder.then((found) => found && { ...found, person })
      // A failure reaches the callers of `of`.
      renamed.catch(() => undefined)
      this.#known.set(sessionId, { userId, holder: renamed, until })
    }
  }

  /** Forgets a session that is over, or every session of a user. */
  ended(ended: Ended): void {
    for (const [sessionId, { userId }] of [...this.#known]) {
      if ('userId' in ended ? userId === ended.userId : sessionId === ended.sessionId)
        this.#known.delete(sessionId)
    }
  }
}
