import { type BrowserContext, test as base } from '@playwright/test'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { Writer } from './writer.ts'

interface Given {
  /** Opens a further browser profile: another person. */
  readonly newPerson: (baseURL?: string) => Promise<Writer>
}

interface Shared {
  /** Settings of the server beside its address and folder. */
  readonly serverEnv: Readonly<Record<string, string>>
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
  newPerson: async ({ browser, server }, use) => {
    const contexts: BrowserContext[] = []
    await use(async (baseURL = server.url) => {
      const context = await browser.newContext({ baseURL })
      contexts.push(context)
      return new Writer(await context.newPage())
    })
    for (const context of contexts) await context.close()
  },
})
