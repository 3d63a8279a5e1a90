import { decodeVector, encodeVector } from '#lib/document/state-vector.ts'
import { decodeEntries, ENTRY_BODY_UPDATE } from '#lib/protocol/log-row.ts'
import type { StoredClient, StoredDocument, StoredRow } from '../document-store.ts'
import { scanClocks } from '../gate/update-gate.ts'

/** User of the entries that delete content that breaks the schema. No account has this id. */
const SERVER_USER = 'server'

interface Client {
  readonly userId: string
  /** Number of the client's last batch in the log. */
  committed: number
  /** Number of the client's last accepted batch, whether on disk or still on its way there. */
  accepted: number
}

/** The client ids of one document: the user of each, its last batch, and the end of its structs. */
export class ClientNumbers {
  readonly #clients = new Map<number, Client>()
  readonly #clocks = new Map<number, number>()

  constructor({ clients, snapshot, rows }: Pick<StoredDocument, 'clients' | 'snapshot' | 'rows'>) {
    for (const { clientId, userId, lastN } of clients) {
      this.#clients.set(clientId, { userId, committed: lastN, accepted: lastN })
    }
    if (snapshot) {
      for (const [clientId, clock] of decodeVector(snapshot.vector)) this.#clocks.set(clientId, clock)
    }
    const covered = snapshot?.seq ?? 0
    for (const row of rows) if (row.seq > covered) this.#learn(row)
  }

  /** Returns the user that a client id is bound to in the log, or will be; null if it is free. */
  ownerOf(clientId: number): string | null {
    return this.#clients.get(clientId)?.userId ?? null
  }

  /** Returns the number of the client's last batch in the log, 0 if there is none. */
  committedOf(clientId: number): number {
    return this.#clients.get(clientId)?.committed ?? 0
  }

  /**
   * Returns the number of the client's last accepted batch, whether on disk or still on its way there; 0 if there
   * is none.
   */
  acceptedOf(clientId: number): number {
    return this.#clients.get(clientId)?.accepted ?? 0
  }

  /** Returns the end clock of a client's structs, 0 if none are known. */
  clockOf(clientId: number): number {
    return this.#clocks.get(clientId) ?? 0
  }

  /**
   * Records batch `n` of a client as accepted, after which structs end at `clocks`. Returns the user to name in the
   * entry: only a client's first entry in the log names its user, later ones have an empty string.
   */
  accept(clientId: number, userId: string, n: number, clocks: ReadonlyMap<number, number>): string {
    for (const [each, clock] of clocks) this.#clocks.set(each, clock)
    const client = this.#clients.get(clientId)
    if (client) client.accepted = n
    else this.#clients.set(clientId, { userId, committed: 0, accepted: n })
    return client ? '' : userId
  }

  /** Records that batch `n` of a client is in the log. */
  commit(clientId: number, n: number): void {
    const client = this.#clients.get(clientId)
    if (client) client.committed = n
  }

  /** Accepts an entry of the server's own, which holds no structs. Its client id is none of `present`. */
  acceptOwn(present: ReadonlySet<number>): { clientId: number; n: number; user: string } {
    for (const [clientId, client] of this.#clients) {
      if (client.userId === SERVER_USER) return { clientId, n: ++client.accepted, user: '' }
    }
    let clientId = 0xffff_ffff
    while ([this.#clients, this.#clocks, present].some((known) => known.has(clientId))) clientId--
    return { clientId, n: 1, user: this.accept(clientId, SERVER_USER, 1, new Map()) }
  }

  /** Returns the client bindings that a compaction writes. */
  stored(): StoredClient[] {
    return [...this.#clients].map(([clientId, { userId, committed }]) => ({
      clientId,
      userId,
      lastN: committed,
    }))
  }

  /** Returns the encoded state vector of everything accepted. */
  vector(): Uint8Array {
    return encodeVector(this.#clocks)
  }

  #learn(row: StoredRow): void {
    for (const entry of decodeEntries(row.entries)) {
      const client = this.#clients.get(entry.clientId)
      if (client) client.committed = client.accepted = Math.max(client.committed, entry.n)
      else this.#clients.set(entry.clientId, { userId: entry.user, committed: entry.n, accepted: entry.n })
      if (entry.kind === ENTRY_BODY_UPDATE)
        for (const update of entry.updates) scanClocks(update, this.#clocks)
    }
  }
}
