import { LRUCache } from 'lru-cache'
import type { Budget, Budgets } from '#lib/collab/budget.ts'
import type { Log } from '#lib/process/log.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { REFUSALS, type Refusal } from '#lib/protocol/errors.ts'
import type { DocumentCatalog } from './store.ts'

/** After this many accepted bytes of an owner's documents, what they weigh is read again: folding makes them smaller. */
const READ_AGAIN_BYTES = 1024 * 1024
/** The shortest time between two readings for one owner, ms. */
const READ_AGAIN_MS = 1000
/** The number of owners kept in memory, about 200 bytes each. */
const OWNERS = 20_000

export interface StorageUsePorts {
  readonly catalog: Pick<DocumentCatalog, 'ownerUse' | 'usedBy'>
  readonly clock: Pick<Clock, 'steady'>
  readonly freeSpace: { readonly isLow: boolean }
  readonly log: Log
  /** The most that the documents of one guest may weigh, those in the trash included, bytes. */
  readonly guestBytes: number
  /** The most that the documents of one account may weigh, bytes. */
  readonly accountBytes: number
}

/** An owner, as known in memory. */
interface Owner {
  readonly ownerId: string
  isGuest: boolean
  /** The weight of the documents when it was last read, bytes. */
  stored: number
  /** Bytes accepted since the last reading began. */
  recent: number
  /** Bytes accepted between the last two readings: some may not have been on disk at the last one. */
  before: number
  readAt: number
}

/**
 * Bounds what the documents of one owner weigh, and stops those of guests while the disk is almost full. Counts in
 * memory what is accepted, and reads the sum that the store keeps now and then, so that no batch waits for it.
 */
export class StorageUse implements Budgets {
  readonly #ports: StorageUsePorts
  readonly #owners = new LRUCache<string, Owner>({ max: OWNERS })

  constructor(ports: StorageUsePorts) {
    this.#ports = ports
  }

  of(documentId: string): Budget {
    return new DocumentBudget(documentId, this)
  }

  /** Returns why a user may not create a document of that many bytes now, null if they may. */
  async refusalOf(ownerId: string, isGuest: boolean, bytes = 0): Promise<Refusal | null> {
    const { catalog, freeSpace } = this.#ports
    if (isGuest && freeSpace.isLow) return REFUSALS.diskLow
    return (await catalog.usedBy(ownerId)) + bytes >= this.#limitOf(isGuest) ? REFUSALS.ownerFull : null
  }

  /** Notes that documents of a user were erased, which makes room, or came to be with all their content. */
  async changed(ownerId: string): Promise<void> {
    const owner = this.#owners.get(ownerId)
    if (!owner) return
    const used = await this.#ports.catalog.usedBy(ownerId)
    Object.assign(owner, { stored: used, recent: 0, before: 0 })
  }

  /** Counts bytes of an owner. `readAgain`: what the documents weigh should be read again. */
  spend(owner: Owner, bytes: number): { refusal: Refusal | null; readAgain: boolean } {
    const { clock, freeSpace } = this.#ports
    if (owner.isGuest && freeSpace.isLow) return { refusal: REFUSALS.diskLow, readAgain: false }
    const isFull = owner.stored + owner.before + owner.recent + bytes > this.#limitOf(owner.isGuest)
    if (!isFull) owner.recent += bytes
    const isDue = clock.steady() - owner.readAt >= READ_AGAIN_MS
    const readAgain = isDue && (isFull || owner.recent >= READ_AGAIN_BYTES)
    if (readAgain) {
      owner.readAt = clock.steady()
      owner.before = owner.recent
      owner.recent = 0
    }
    return { refusal: isFull ? REFUSALS.ownerFull : null, readAgain }
  }

  /** Reads whose a document is, and what all of the owner's weigh. Returns null if that fails. Never rejects. */
  async read(documentId: string): Promise<Owner | null> {
    const { catalog, clock, log } = this.#ports
    try {
      const use = await catalog.ownerUse(documentId)
      if (!use) return null
      const { ownerId, isGuest, bytes } = use
      const known = this.#owners.get(ownerId)
      if (known) return Object.assign(known, { isGuest, stored: bytes })
      const owner = { ownerId, isGuest, stored: bytes, recent: 0, before: 0, readAt: clock.steady() }
      this.#owners.set(ownerId, owner)
      return owner
    } catch (error) {
      log.warn({ err: error }, 'storage-use.unread')
      return null
    }
  }

  #limitOf(isGuest: boolean): number {
    return isGuest ? this.#ports.guestBytes : this.#ports.accountBytes
  }
}

/** The budget of one open document, which is its owner's. Until that is read it grants everything, and counts it. */
class DocumentBudget implements Budget {
  readonly #documentId: string
  readonly #use: StorageUse
  #owner: Owner | null = null
  /** Bytes granted before the owner was known. */
  #early = 0
  #isReading = false

  constructor(documentId: string, use: StorageUse) {
    this.#documentId = documentId
    this.#use = use
  }

  spend(bytes: number): Refusal | null {
    if (!this.#owner) {
      this.#early += bytes
      void this.#read()
      return null
    }
    const { refusal, readAgain } = this.#use.spend(this.#owner, bytes)
    if (readAgain) void this.#read()
    return refusal
  }

  /** Reads the owner again, who may be another one by now. */
  async #read(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    this.#owner = (await this.#use.read(this.#documentId)) ?? this.#owner
    this.#isReading = false
    if (!this.#owner) return
    this.#owner.recent += this.#early
    this.#early = 0
  }
}
