import type { Ended } from './accounts.ts'
import type { Holder } from './identities.ts'
import type { Person } from './person.ts'

/** How long what was read of somebody is believed without reading again, ms. */
const KNOWN_FOR = 60_000
const MOST_KNOWN = 10_000

export interface KnownHoldersOptions {
  /** Null: nobody who may come in. */
  readonly holderOf: (userId: string, sessionId: string) => Promise<Holder | null>
  /** ms since some moment, never goes back. */
  readonly steady: () => number
}

interface Known {
  readonly userId: string
  readonly holder: Promise<Holder | null>
  readonly until: number
}

/**
 * Whose sockets came lately: when a network fails, everybody comes back at once. Reading who somebody is costs more than
 * the rest of a connection, and many readings at once are one. What ends here is forgotten at once; what is changed
 * from outside this process counts a minute later.
 */
export class KnownHolders {
  readonly #options: KnownHoldersOptions
  /** By session; the one known longest first. */
  readonly #known = new Map<string, Known>()

  constructor(options: KnownHoldersOptions) {
    this.#options = options
  }

  /** Rejects with what the reading rejects with. Neither that nor null is remembered. */
  of(userId: string, sessionId: string): Promise<Holder | null> {
    const known = this.#known.get(sessionId)
    if (known?.userId === userId && this.#options.steady() < known.until) return known.holder
    const holder = this.#options.holderOf(userId, sessionId)
    this.#known.delete(sessionId)
    this.#known.set(sessionId, { userId, holder, until: this.#options.steady() + KNOWN_FOR })
    const forget = () => {
      if (this.#known.get(sessionId)?.holder === holder) this.#known.delete(sessionId)
    }
    holder.then((found) => found ?? forget(), forget)
    for (const longest of this.#known.keys()) {
      if (this.#known.size <= MOST_KNOWN) break
      this.#known.delete(longest)
    }
    return holder
  }

  /** Somebody changed their name or hue. */
  renamed(person: Person): void {
    for (const [sessionId, { userId, holder, until }] of this.#known) {
      if (userId !== person.userId) continue
      const renamed = holder.then((found) => found && { ...found, person })
      // Whoever asked for it hears of a failure.
      renamed.catch(() => undefined)
      this.#known.set(sessionId, { userId, holder: renamed, until })
    }
  }

  /** A session, or every session of a user, is over. */
  ended(ended: Ended): void {
    for (const [sessionId, { userId }] of this.#known) {
      if ('userId' in ended ? userId === ended.userId : sessionId === ended.sessionId)
        this.#known.delete(sessionId)
    }
  }
}
