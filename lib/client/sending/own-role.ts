import type { RoleChange } from '#lib/protocol/events.ts'
import { mayEdit, type Role } from '#lib/protocol/identity.ts'
import type { SealedBatch } from '../replica/replica-store.ts'
import type { KeptDraft } from './kept-draft.ts'
import { batchKey, type Outbox } from './outbox.ts'
import type { Sender } from './sender.ts'

export interface OwnRoleOptions {
  readonly outbox: Outbox
  readonly sender: Sender
  readonly draft: KeptDraft
  readonly after: (ms: number, task: () => void) => void
  readonly onChange: () => void
  /** The role seems to be another one than we were told: join again, which says. */
  readonly onDoubt: () => void
  /** What waited was set aside as the draft: the Y.Doc still shows it. */
  readonly onSetAside: () => void
}

const DOUBT_MS = 1000
/** Batches on their way when the role is lowered are waited for this long: most are answered within a round trip. */
const ANSWERED_WITHIN_MS = 5000
/** What other tabs left is theirs for this long: one that came by another address may still be sending it. */
const OTHERS_WITHIN_MS = 5000

/** What one may do in the document now, and what becomes of what one may no longer send (docs/decisions/0029-kept-draft.md). */
export class OwnRole {
  readonly #options: OwnRoleOptions
  #role: Role | null = null
  #lapsed = false
  /** Batches of other tabs that are in this Y.Doc, by `batchKey`. */
  readonly #loaded = new Set<string>()
  #settling = false
  #superseded = false

  constructor(options: OwnRoleOptions) {
    this.#options = options
  }

  /** Null: not known yet. */
  get role(): Role | null {
    return this.#role
  }
  /** It is lowered only because the token was not renewed: what waits stays in the outbox. */
  get lapsed(): boolean {
    return this.#lapsed
  }
  /** The Y.Doc shows what was set aside: nothing is typed into it any more. */
  get superseded(): boolean {
    return this.#superseded
  }
  get mayNotSend(): boolean {
    return this.#role !== null && !mayEdit(this.#role)
  }

  /** Batches of other tabs were put into the Y.Doc. */
  loaded(batches: readonly SealedBatch[]): void {
    for (const batch of batches) this.#loaded.add(batchKey(batch))
  }

  /** The join said what it is. */
  joinedAs(role: Role): void {
    this.#lapsed &&= !mayEdit(role)
    this.#role = role
  }

  /** It is another one from now on. */
  change({ role, reason }: RoleChange): void {
    const { sender, onChange } = this.#options
    this.#role = role
    this.#lapsed = reason === 'expired' && !mayEdit(role)
    if (mayEdit(role)) {
      this.#settling = false
      sender.rewind() // what was refused meanwhile goes out again
      sender.pump()
    } else {
      this.settle()
    }
    onChange()
  }

  /** Access was withdrawn: what is here may be read, and that is all. */
  withdraw(): void {
    this.#role = 'viewer'
    void this.#setAside()
  }

  /** A batch was refused for the role. */
  refused(): void {
    if (this.mayNotSend) this.outboxChanged()
    else this.#options.after(DOUBT_MS, this.#options.onDoubt)
  }

  /** What was waited for may be answered. */
  outboxChanged(): void {
    if (this.#settling && this.#options.outbox.inFlight === 0) void this.#setAside()
  }

  /** What waits becomes the draft when all of it on its way is answered, if the role does not allow it. */
  settle(): void {
    const { outbox, after } = this.#options
    if (!this.mayNotSend || this.#lapsed) return
    outbox.seal()
    if (outbox.flushed) {
      // What other tabs left is in this Y.Doc as well, unless they send it yet.
      if (outbox.foreign.length > 0)
        after(OTHERS_WITHIN_MS, () => void (this.mayNotSend && !this.#lapsed && this.#setAside()))
      return
    }
    this.#settling = true
    if (outbox.inFlight === 0) void this.#setAside()
    else after(ANSWERED_WITHIN_MS, () => void (this.#settling && this.#setAside()))
  }

  async #setAside(): Promise<void> {
    const { outbox, sender, draft, onSetAside } = this.#options
    this.#settling = false
    sender.rewind()
    const { flushed, foreign } = outbox
    if (flushed && !foreign.some((batch) => this.#loaded.has(batchKey(batch)))) return
    this.#superseded = true
    await draft.setAside(outbox.giveUp(this.#loaded))
    onSetAside()
  }
}
