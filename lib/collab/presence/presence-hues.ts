import { HUE_ORDER } from '#lib/protocol/identity.ts'

/** Number of users remembered after they left, so that they get the same hue when they return. */
const REMEMBERED = 500

/**
 * Picks users' hues in one room: the chosen one, else the one they had before if it is unused, else the first unused,
 * else the least used.
 */
export class PresenceHues {
  /** Hue by user, the last picked at the end. Not an lru-cache, which reserves its slots: 13 kB in every room. */
  readonly #had = new Map<string, number>()

  /** Returns a user's hue and remembers it. `others`: the hues of the other users present, one for each of them. */
  pick(userId: string, chosen: number | null, others: Iterable<number>): number {
    const uses = new Map<number, number>(HUE_ORDER.map((hue) => [hue, 0]))
    for (const hue of others) uses.set(hue, (uses.get(hue) ?? 0) + 1)
    const hue = chosen ?? this.#before(userId, uses) ?? leastUsed(uses)
    this.#remember(userId, hue)
    return hue
  }

  #before(userId: string, uses: ReadonlyMap<number, number>): number | undefined {
    const hue = this.#had.get(userId)
    return hue !== undefined && uses.get(hue) === 0 ? hue : undefined
  }

  #remember(userId: string, hue: number): void {
    this.#had.delete(userId)
    this.#had.set(userId, hue)
    for (const oldest of this.#had.keys()) {
      if (this.#had.size <= REMEMBERED) return
      this.#had.delete(oldest)
    }
  }
}

function leastUsed(uses: ReadonlyMap<number, number>): number {
  let best: number = HUE_ORDER[0]
  for (const hue of HUE_ORDER) if ((uses.get(hue) ?? 0) < (uses.get(best) ?? 0)) best = hue
  return best
}
