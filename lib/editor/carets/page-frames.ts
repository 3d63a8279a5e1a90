import type { Soon } from '#lib/client/receiving/incoming.ts'

/** The browser functions that page frames need. Times in ms. */
export interface FramePage {
  now(): number
  /**
   * Runs `task` before the next frame is painted; in a hidden tab, not before it is visible again. Returns its
   * cancellation.
   */
  frame(task: () => void): () => void
  after(ms: number, task: () => void): () => void
}

/** The minimum time between two frames that show remote edits, ms: a text that changes more often cannot be read. */
const APART = 50
/** The longest wait for a frame, ms. A hidden tab has no frames, but its text is updated all the same. */
const LATEST = 100

/**
 * Gathers what is to be shown soon into one frame: the next one, but not too soon after the last frame that showed
 * something.
 */
export class PageFrames {
  readonly #page: FramePage
  #tasks = new Set<() => void>()
  #lastAt = Number.NEGATIVE_INFINITY
  #cancels: (() => void)[] = []

  constructor(page: FramePage) {
    this.#page = page
  }

  /** Runs `task` in the next frame, in the order of the calls. Returns its cancellation. */
  readonly soon: Soon = (task) => {
    // A new function, because the same task may be requested twice.
    const once = () => task()
    this.#tasks.add(once)
    if (this.#cancels.length === 0) this.#plan()
    return () => {
      this.#tasks.delete(once)
    }
  }

  #plan(): void {
    const { now, frame, after } = this.#page
    const wait = this.#lastAt + APART - now()
    const run = () => this.#run()
    this.#cancels.push(after(Math.max(0, wait) + LATEST, run))
    if (wait <= 0) this.#cancels.push(frame(run))
    else this.#cancels.push(after(wait, () => this.#cancels.push(frame(run))))
  }

  #run(): void {
    for (const cancel of this.#cancels) cancel()
    this.#cancels = []
    const tasks = this.#tasks
    this.#tasks = new Set()
    if (tasks.size > 0) this.#lastAt = this.#page.now()
    for (const task of tasks) {
      try {
        task()
      } catch (error) {
        // A task that fails must not prevent the others from running.
        this.#page.after(0, () => {
          throw error
        })
      }
    }
  }
}

/** The frames of this page. */
export const pageFrames = new PageFrames({
  now: () => performance.now(),
  frame: (task) => {
    const frame = requestAnimationFrame(task)
    return () => cancelAnimationFrame(frame)
  },
  after: (ms, task) => {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
})
