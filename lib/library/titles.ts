import type { Clock } from '#lib/protocol/clock.ts'
import type { DocumentCatalog } from './store.ts'

/** Titles are written together, this long after the first of them, ms. */
const GATHER_MS = 200

export interface TitlesOptions {
  readonly catalog: Pick<DocumentCatalog, 'setTitles'>
  readonly clock: Pick<Clock, 'after'>
  readonly onLost: (error: unknown) => void
}

/** Documents' titles as folding finds them, many in one write. A crash loses the last ones: folding finds them again. */
export class Titles {
  readonly #options: TitlesOptions
  /** By document. */
  #waiting = new Map<string, string>()
  #cancel: (() => void) | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(options: TitlesOptions) {
    this.#options = options
  }

  set(documentId: string, title: string): void {
    this.#waiting.set(documentId, title)
    this.#cancel ??= this.#options.clock.after(GATHER_MS, () => void this.flush())
  }

  /** Writes what waits. Repeating is harmless; never rejects. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = null
    const titles = this.#waiting
    this.#waiting = new Map()
    if (titles.size > 0) {
      this.#writing = this.#writing.then(() =>
        this.#options.catalog.setTitles(titles).catch(this.#options.onLost),
      )
    }
    return this.#writing
  }
}
