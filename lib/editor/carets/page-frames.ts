import type { Soon } from '#lib/client/receiving/incoming.ts'

/** What of a page this needs. Times in ms. */
export interface FramePage {
  now(): number
  /** Runs it before the next frame is painted; in a hidden tab, not before it is shown again. Returns its cancellation. */
  frame(task: () => void): () => void
  after(ms: number, task: () => void): () => void
}

/** What comes from others is shown this often at most: a text that changes more often than that is not read, ms. */
const APART = 50
/** A hidden tab has no frames: its text is brought up to date all the same, ms. */
const LATEST = 100

/** Brings what is to be shown soon into one frame: at the next one, but not too soon after the last one that had something. */
export class PageFrames {
  readonly #page: FramePage
  #tasks = new Set<() => void>()
  #lastAt = Number.NEGATIVE_INFINITY
  #cancels: (() => void)[] = []

  constructor(page: FramePage) {
    this.#page = page
  }

  /** Tasks of one frame run in the order in which they came. */
  readonly soon: Soon = (task) => {
    // A function of its own: the same task may be asked for twice.
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
        // One that fails keeps nobody else's from being shown.
        this.#page.after(0, () => {
          throw error
        })
      }
    }
  }
}

/** This page's. */
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
