import type { Browser, CDPSession, Page } from '@playwright/test'
import type { JSONContent } from '@tiptap/core'
import type { EditorName, LabOptions, Place, Spot } from '../lab.ts'
import { pace } from '../pace.ts'

/** The load of five people typing in a document. */
const LOAD = { peers: 5, keysPerSecond: 5 } as const
/** Keys pressed by the person at this page. */
const LOCAL_KEYS = 40
const LOCAL_KEYS_PER_SECOND = 10
/** The others start typing this many local keys before the first, and stop as long after the last. */
const KEYS_BEFORE = 5
/** The keys whose time is measured. */
const KEYS = {
  letter: { key: 'k', code: 'KeyK', text: 'k' },
  Enter: { key: 'Enter', code: 'Enter', text: '\r', windowsVirtualKeyCode: 13 },
} as const
export type KeyName = keyof typeof KEYS

/** The local caret is in a paragraph of the first screen. */
const CARET_BLOCK = 3

/** The lab open with one document, in its own browser profile, and a connection to the browser's own figures. */
export class MeasuredPage {
  readonly #page: Page
  readonly #devtools: CDPSession

  private constructor(page: Page, devtools: CDPSession) {
    this.#page = page
    this.#devtools = devtools
  }

  static async open(browser: Browser, url: string, options: LabOptions): Promise<MeasuredPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
    const page = await context.newPage()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Performance.enable', { timeDomain: 'timeTicks' })
    await page.goto(url)
    await page.evaluate(
      async ({ options, block }) => {
        await window.lab.open(options)
        window.lab.goTo({ path: [block], offset: 0 })
        await window.lab.settled()
      },
      { options, block: CARET_BLOCK },
    )
    const measured = new MeasuredPage(page, devtools)
    // Compilation and caching on first use are not part of a keystroke.
    await measured.keystrokes('same', 20)
    return measured
  }

  /** Opens a document of these blocks with the caret at a spot. */
  static async openBlocks(
    browser: Browser,
    url: string,
    binding: EditorName,
    blocks: readonly JSONContent[],
    spot: Spot,
  ): Promise<MeasuredPage> {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage()
    const devtools = await page.context().newCDPSession(page)
    await page.goto(url)
    await page.evaluate(
      async ({ binding, blocks, spot }) => {
        await window.lab.open({ binding, blocks, peers: 0 })
        window.lab.goTo(spot)
        await window.lab.settled()
      },
      { binding, blocks, spot },
    )
    const measured = new MeasuredPage(page, devtools)
    await measured.localKeys({ load: false, slowness: 1, count: 10 })
    return measured
  }

  /** Returns the script time of each remote key, ms. */
  keystrokes(place: Place, count: number): Promise<number[]> {
    return this.#page.evaluate(([place, count]) => window.lab.measure.keystrokes(place, count), [
      place,
      count,
    ] as const)
  }

  /** Returns the time from the first of so many updates until the last is shown and laid out, ms. */
  burst(count: number): Promise<number> {
    return this.#page.evaluate((count) => window.lab.measure.burst(count), count)
  }

  /** Returns the milliseconds of each second that the page's main thread works while five people type. */
  async busy(ms: number, carets: boolean): Promise<number> {
    await this.#prepare(ms)
    const before = await this.#taskTime()
    await this.#load(carets)
    const after = await this.#taskTime()
    return ((after.taskMs - before.taskMs) / (after.atMs - before.atMs)) * 1000
  }

  /**
   * Returns the times from a local key to its painted frame, ms. `load`: while five people type; `slowness`: the
   * factor by which the CPU is slowed down.
   */
  async localKeys({
    load,
    slowness,
    key: name = 'letter',
    count = LOCAL_KEYS,
  }: {
    load: boolean
    slowness: number
    key?: KeyName
    count?: number
  }): Promise<number[]> {
    const pressed = KEYS[name]
    if (load) await this.#prepare(((LOCAL_KEYS + 2 * KEYS_BEFORE) / LOCAL_KEYS_PER_SECOND) * 1000)
    await this.#devtools.send('Emulation.setCPUThrottlingRate', { rate: slowness })
    await this.#page.evaluate(() => window.lab.measure.watchKeys())
    const others = load ? this.#load(true) : Promise.resolve()
    const sent: Promise<unknown>[] = []
    const begun = performance.now()
    for (let key = 0; key < count; key++) {
      await pace(begun + ((key + KEYS_BEFORE) / LOCAL_KEYS_PER_SECOND) * 1000)
      // Not awaited: a busy page answers late, and a person keeps typing.
      sent.push(
        this.#devtools.send('Input.dispatchKeyEvent', { type: 'keyDown', ...pressed }),
        this.#devtools.send('Input.dispatchKeyEvent', {
          type: 'keyUp',
          key: pressed.key,
          code: pressed.code,
        }),
      )
    }
    await Promise.all([...sent, others])
    const times = await this.#page.evaluate(async () => {
      await window.lab.settled()
      return window.lab.measure.watchedKeys()
    })
    await this.#devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 })
    if (times.length < count) throw new Error(`${times.length} of ${count} keys arrived`)
    return times
  }

  /** Returns true if the editor, the page and the Y.Doc hold the same text. */
  async agrees(): Promise<boolean> {
    return this.#page.evaluate(async () => {
      await window.lab.settled()
      return window.lab.state().equal
    })
  }

  async close(): Promise<void> {
    await this.#page.context().close()
  }

  #prepare(ms: number): Promise<void> {
    return this.#page.evaluate((load) => window.lab.measure.prepareLoad(load), { ...LOAD, ms })
  }

  #load(carets: boolean): Promise<void> {
    return this.#page.evaluate((carets) => window.lab.measure.load(carets), carets)
  }

  async #taskTime(): Promise<{ taskMs: number; atMs: number }> {
    const { metrics } = await this.#devtools.send('Performance.getMetrics')
    const figure = (name: string): number => (metrics.find((each) => each.name === name)?.value ?? 0) * 1000
    return { taskMs: figure('TaskDuration'), atMs: figure('Timestamp') }
  }
}
