import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, test as base, type Page } from '@playwright/test'
import { FirefoxWindow } from '../support/firefox-window.ts'
import { ChromiumInputMethod, FirefoxInputMethod, type InputMethod } from '../support/input-method.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { Writer } from './writer.ts'

interface Given {
  /** Opens another browser profile, which is another person. */
  readonly newPerson: (baseURL?: string) => Promise<Writer>
}

interface Shared {
  /** Settings of the server besides its address and folder. */
  readonly serverEnv: Readonly<Record<string, string>>
  /** The browser of each person of a test, by their order. */
  readonly seatOf: (person: number) => Promise<Seat>
  /** The file's own server. */
  readonly server: ServerProcess
}

export interface Seat {
  readonly browser: Browser
  readonly inputMethod: (page: Page) => InputMethod
  /** The window, in Firefox. */
  readonly window: FirefoxWindow | null
}

export const test = base.extend<Given, Shared>({
  serverEnv: [{}, { scope: 'worker', option: true }],
  server: [
    async ({ serverEnv }, use) => {
      const server = await startServer({ env: serverEnv })
      await use(server)
      await server.stop()
    },
    { scope: 'worker' },
  ],
  // In Firefox only the front window has the focus, as on a desktop, so everyone gets a Firefox of their own.
  // Chromium gives every page the focus.
  seatOf: [
    async ({ browserName, playwright, launchOptions }, use, { workerIndex }) => {
      const seats: Promise<Seat>[] = []
      const sockets: string[] = []
      const chromium = async (): Promise<Seat> => ({
        browser: await playwright.chromium.launch(),
        inputMethod: (page) => new ChromiumInputMethod(page),
        window: null,
      })
      const firefox = async (): Promise<Seat> => {
        const socket = join(tmpdir(), `commonplace-${process.pid}-${workerIndex}-${sockets.length}.sock`)
        sockets.push(socket)
        const env = { ...process.env, ...launchOptions.env, FIREFOX_SCRIPTS: socket }
        const browser = await playwright.firefox.launch({ env })
        const window = new FirefoxWindow(socket)
        return { browser, inputMethod: () => new FirefoxInputMethod(window), window }
      }
      await use((person) => {
        const seat = browserName === 'chromium' ? 0 : person
        seats[seat] ??= browserName === 'chromium' ? chromium() : firefox()
        return seats[seat]
      })
      for (const seat of seats) await (await seat).browser.close()
      for (const socket of sockets) await rm(socket, { force: true })
    },
    { scope: 'worker' },
  ],
  newPerson: async ({ seatOf, server }, use) => {
    const contexts: BrowserContext[] = []
    await use(async (baseURL = server.url) => {
      const { browser, inputMethod } = await seatOf(contexts.length)
      const context = await browser.newContext({ baseURL })
      contexts.push(context)
      const page = await context.newPage()
      return new Writer(page, inputMethod(page))
    })
    for (const context of contexts) await context.close()
  },
})
