import type { DatabaseSync } from 'node:sqlite'
import { prepare, type Statement } from './connection.ts'

/** The number of pages that stay free for new data, in addition to one in KEPT_OF_ALL. */
const KEPT_PAGES = 64
const KEPT_OF_ALL = 32
/** The pages given back in one transaction, which takes a few ms. */
const STEP_PAGES = 64
/** The most pages given back at closing, 16 MiB: closing must not take long. */
const CLOSING_PAGES = 4096

interface Count {
  readonly pages: number
}

/**
 * Gives free pages back to the file system. Trimming leaves free pages in the file, which SQLite uses again but never
 * gives back by itself. A database created before it could (auto_vacuum) keeps them. Files shrink at the next
 * checkpoint.
 */
export class FreePages {
  readonly #db: DatabaseSync
  readonly #free: Statement<Count>
  readonly #all: Statement<Count>

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#free = prepare(db, 'SELECT freelist_count AS pages FROM pragma_freelist_count')
    this.#all = prepare(db, 'SELECT page_count AS pages FROM pragma_page_count')
  }

  /** Gives back some of the excess pages. Returns false if there are no more. */
  step(): boolean {
    const before = this.#spare()
    if (before <= 0) return false
    this.#giveBack(Math.min(before, STEP_PAGES))
    const after = this.#spare()
    return after > 0 && after < before
  }

  /** Gives pages back before closing. */
  finish(): void {
    this.#giveBack(CLOSING_PAGES)
  }

  #spare(): number {
    const free = this.#free.get()?.pages ?? 0
    const all = this.#all.get()?.pages ?? 0
    return free - KEPT_PAGES - Math.floor(all / KEPT_OF_ALL)
  }

  #giveBack(pages: number): void {
    this.#db.exec(`PRAGMA incremental_vacuum(${pages})`)
  }
}
