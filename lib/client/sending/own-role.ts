import { mayEdit, type Role } from '#lib/protocol/identity.ts'
import type { RoleChange } from '#lib/protocol/messages/access.ts'
import type { Owner } from '../owner.ts'
import type { SealedBatch } from '../replica/replica-store.ts'
import type { Timers } from '../timers.ts'
import type { KeptDraft } from './kept-draft.ts'
import { batchKey, type Outbox } from './outbox.ts'
import type { Sender } from './sender.ts'

export interface OwnRoleOptions {
  readonly outbox: Outbox
  readonly sender: Sender
  readonly draft: KeptDraft
  readonly timers: Timers
  /** Told when something was set aside. */
  readonly owner: Owner
}

/** How long a lowered role waits for answers to batches on their way. Most arrive within a round trip. */
const ANSWERED_WITHIN_MS = 5000
/** How long batches of other tabs are left to them: a tab that came by another address may still be sending. */
const OTHERS_WITHIN_MS = 5000

/**
 * The current role in the document, and what happens to edits it no longer allows sending
 * (docs/decisions/0029-kept-draft.md).
 */
export class OwnRole {
  readonly #options: OwnRoleOptions
  #current: Role | null = null
  #lapsed = false
  /** Batches of other tabs that are in this Y.Doc, by `batchKey`. */
  readonly #loaded = new Set<string>()
  #settling = false
  #superseded = false
  #setAside: readonly SealedBatch[] | null = null

  constructor(options: OwnRoleOptions) {
    this.#options = options
  }

  /** The role; null while unknown. */
  get current(): Role | null {
    return this.#current
  }
  /** The role is lowered only because the token was not renewed. Waiting edits stay in the outbox. */
  get lapsed(): boolean {
    return this.#lapsed
  }
  /** The Y.Doc shows edits that were set aside. Nothing may be typed into it any more. */
  get superseded(): boolean {
    return this.#superseded
  }
  /** The draft at the time this Y.Doc's edits were last set aside and stored; null before. A new array each time. */
  get setAside(): readonly SealedBatch[] | null {
    return this.#setAside
  }
  /** The role forbids sending. */
  get mayNotSend(): boolean {
    return this.#current !== null && !mayEdit(this.#current)
  }

  /** Notes batches of other tabs that were put into the Y.Doc. */
  loaded(batches: readonly SealedBatch[]): void {
    for (const batch of batches) this.#loaded.add(batchKey(batch))
  }

  /** Sets the role granted by a join. */
  joinedAs(role: Role): void {
    this.#lapsed &&= !mayEdit(role)
    this.#current = role
  }

  /** Changes the role. */
  change({ role, reason }: RoleChange): void {
    this.#current = role
    this.#lapsed = reason === 'expired' && !mayEdit(role)
    if (mayEdit(role)) {
      this.#settling = false
      this.#options.sender.rewind() // Batches refused meanwhile are sent again.
    } else {
      this.settle()
    }
  }

  /** Handles the withdrawal of access: what is here may only be read. */
  withdraw(): void {
    this.#current = 'viewer'
    void this.#giveUp()
  }

  /**
   * Starts turning waiting edits into the draft if the role forbids sending, once every batch on its way is
   * answered.
   */
  settle(): void {
    const { outbox, timers } = this.#options
    if (!this.mayNotSend || this.#lapsed) return
    outbox.seal()
    if (outbox.flushed) {
      // This Y.Doc contains the batches of other tabs too, unless those tabs are still sending them.
      if (outbox.foreign.length > 0) timers.after(OTHERS_WITHIN_MS, this.#giveUpOthers)
      return
    }
    this.#settling = true
    if (outbox.inFlight === 0) void this.#giveUp()
    else timers.after(ANSWERED_WITHIN_MS, this.#giveUpLate)
  }

  /** Makes the draft if the last awaited answer has arrived. Idempotent. */
  settleAnswered(): void {
    if (this.#settling && this.#options.outbox.inFlight === 0) void this.#giveUp()
  }

  readonly #giveUpOthers = (): void => {
    if (this.mayNotSend && !this.#lapsed) void this.#giveUp()
  }

  readonly #giveUpLate = (): void => {
    if (this.#settling) void this.#giveUp()
  }

  async #giveUp(): Promise<void> {
    const { outbox, sender, draft, owner } = this.#options
    this.#settling = false
    sender.rewind()
    const { flushed, foreign } = outbox
    if (flushed && !foreign.some((batch) => this.#loaded.has(batchKey(batch)))) return
    this.#superseded = true
    const stored = draft.setAside(outbox.giveUp(this.#loaded))
    owner.changed()
    await stored
    this.#setAside = [...draft.batches]
    owner.changed()
  }
}
