import { report } from '#lib/protocol/report.ts'
import type { ContentComparison, ContentComparisonOptions } from './content-comparison.ts'

/** The average time from the first join to the first comparison, ms. */
const FIRST_MS = 60_000

/**
 * Starts comparing a copy with the server's a while after the first join, so that typing never waits for the code to
 * load.
 */
export class LaterComparison {
  readonly #options: ContentComparisonOptions
  #cancel: (() => void) | null = null
  #comparison: ContentComparison | null = null
  #stopped = false

  constructor(options: ContentComparisonOptions) {
    this.#options = options
  }

  /** Plans the first comparison after a join. Only the first call counts. */
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
