/**
 * Bytes that one IP address may have here in unfinished messages and request bodies. A school of 300 on slow links
 * that uploads a part of a batch each (32 KiB) holds 10 MiB.
 */
const OF_IP = 16 * 1024 * 1024

/** Adds up the bytes of unfinished messages by the IP address that sends them. */
export class HeldBytes {
  readonly #most: number
  readonly #held = new Map<string, number>()

  constructor(most = OF_IP) {
    this.#most = most
  }

  /** Counts more bytes of an IP address, or fewer if `bytes` is negative. Returns false if it now holds too many. */
  add(key: string, bytes: number): boolean {
    const held = (this.#held.get(key) ?? 0) + bytes
    if (held > 0) this.#held.set(key, held)
    else this.#held.delete(key)
    return held <= this.#most
  }

  /** The bytes of all IP addresses. */
  get total(): number {
    let total = 0
    for (const held of this.#held.values()) total += held
    return total
  }
}
