import { report } from '#lib/protocol/report.ts'
import type { ContentComparison, ContentComparisonOptions } from './content-comparison.ts'

/** A copy is first compared about this long after the first join, ms. */
const FIRST_MS = 60_000

/** Begins to compare a copy with the server's a while after the first join, so that typing never waits for its code. */
export class LaterComparison {
  readonly #options: ContentComparisonOptions
  #cancel: (() => void) | null = null
  #comparison: ContentComparison | null = null
  #stopped = false

  constructor(options: ContentComparisonOptions) {
    this.#options = options
  }

  /** The Y.Doc is joined. Only the first call counts. */
  joined(): void {
    const { clock } = this.#options
    this.#cancel ??= clock.after(FIRST_MS * (0.5 + clock.random()), () => {
      this.#start().catch((error: unknown) => {
        report('this copy is not compared with the server', error, 'debug')
      })
    })
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
    this.#comparison?.stop()
  }

  async #start(): Promise<void> {
    const { ContentComparison } = await import('./content-comparison.ts')
    if (!this.#stopped) this.#comparison = new ContentComparison(this.#options)
  }
}
