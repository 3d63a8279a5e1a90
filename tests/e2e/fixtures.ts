import { type Browser, type BrowserContext, test as base } from '@playwright/test'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { Writer } from './writer.ts'

interface Given {
  /** Opens a further browser profile: another person. */
  readonly newPerson: (baseURL?: string) => Promise<Writer>
}

interface Shared {
  /** Settings of the server beside its address and folder. */
  readonly serverEnv: Readonly<Record<string, string>>
  /** The browser of each person of a test, by their order. */
  readonly browserOf: (person: number) => Promise<Browser>
  /** A server of its own for each file. */
  readonly server: ServerProcess
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
  // Of one Firefox only the window in front has the focus, as on a desktop: everybody gets one. Chromium pretends for all.
  browserOf: [
    async ({ browser, browserName, playwright }, use) => {
      const further: Promise<Browser>[] = []
      await use((person) => {
        if (browserName === 'chromium' || person === 0) return Promise.resolve(browser)
        further[person - 1] ??= playwright[browserName].launch()
        return further[person - 1] ?? Promise.resolve(browser)
      })
      for (const launched of further) await (await launched).close()
    },
    { scope: 'worker' },
  ],
  newPerson: async ({ browserOf, server }, use) => {
    const contexts: BrowserContext[] = []
    await use(async (baseURL = server.url) => {
      const browser = await browserOf(contexts.length)
      const context = await browser.newContext({ baseURL })
      contexts.push(context)
      return new Writer(await context.newPage())
    })
    for (const context of contexts) await context.close()
  },
})
