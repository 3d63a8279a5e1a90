import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import { hashPassword, isPassword } from './passwords.ts'

/**
 * The place of a hash in the queue. `key`: the requests that take turns as one, such as an IP address or a device.
 * `isKnown`: true for users who have proved before who they are; strangers do not hold them up.
 */
export interface Turn {
  readonly key: string
  readonly isKnown: boolean
}

/** The most hashes that wait for one key: a school whose pupils all sign in now. */
const WAITING_PER_KEY = 400
/** The most that wait altogether. */
const WAITING = 2000
/** About the time of one hash, ms. */
const HASH_MS = 80

/**
 * Hashes passwords, which is slow on purpose: for strangers one at a time, for known users another one. So however
 * much is asked, hashes use two threads and 64 MiB at most. Keys take turns, and one with many requests delays
 * another by one hash. Throws RefusedRequest if too many wait.
 */
export class PasswordWork {
  readonly #strangers = new FairQueue()
  readonly #known = new FairQueue()

  /** Returns the hash of a password. */
  hash(password: string, turn: Turn): Promise<string> {
    return this.#queueOf(turn).run(turn.key, () => hashPassword(password))
  }

  /** Returns true if the password has this hash. A null `hash` takes as long as a wrong password. */
  matches(password: string, hash: string | null, turn: Turn): Promise<boolean> {
    return this.#queueOf(turn).run(turn.key, () => isPassword(password, hash))
  }

  #queueOf({ isKnown }: Turn): FairQueue {
    return isKnown ? this.#known : this.#strangers
  }
}

/** Runs one piece of work at a time. Keys take turns; the work of one key runs in order. */
class FairQueue {
  /** The starts of waiting work by key; the key that is next comes first. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #count = 0
  #isBusy = false

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#isBusy) await this.#turnOf(key)
    this.#isBusy = true
    try {
      return await work()
    } finally {
      this.#isBusy = false
      this.#startNext()
    }
  }

  #turnOf(key: string): Promise<void> {
    const line = this.#waiting.get(key) ?? []
    if (line.length >= WAITING_PER_KEY || this.#count >= WAITING) {
      const wait = Math.max(1000, line.length * HASH_MS)
      throw new RefusedRequest(refuse('rate-limited', 'too many passwords are being checked', wait))
    }
    this.#waiting.set(key, line)
    this.#count++
    return new Promise((resolve) => line.push(resolve))
  }

  #startNext(): void {
    const [first] = this.#waiting
    if (!first) return
    const [key, line] = first
    const start = line.shift()
    this.#waiting.delete(key)
    // To the end: the other keys come first.
    if (line.length > 0) this.#waiting.set(key, line)
    this.#count--
    // Until the started work runs, one microtask later, nothing else may begin.
    this.#isBusy = true
    start?.()
  }
}
