import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { type BrowserProcess, startBrowser } from '../support/browser-process.ts'
import { test as base } from './fixtures.ts'
import { Writer } from './writer.ts'

interface RestartableBrowser {
  /** Starts the browser on the same profile as before. */
  start(): Promise<BrowserProcess>
  /** Resolves when the profile on disk knows who we are: Chromium keeps new cookies in memory for half a minute. */
  knowsUs(): Promise<void>
}

const test = base.extend<{ herBrowser: RestartableBrowser }>({
  herBrowser: async ({ launchOptions }, use) => {
    const profile = await mkdtemp(join(tmpdir(), 'commonplace-browser-'))
    const started: BrowserProcess[] = []
    await use({
      start: async () => {
        const browser = await startBrowser(launchOptions.executablePath ?? '', profile)
        started.push(browser)
        return browser
      },
      knowsUs: () =>
        expect
          .poll(() => readFile(join(profile, 'Default/Cookies'), 'latin1').catch(() => ''), {
            timeout: 60_000,
          })
          .toContain('commonplace'),
    })
    for (const browser of started) await browser.kill()
    await rm(profile, { recursive: true, force: true })
  },
})
test.describe.configure({ timeout: 120_000 })

test('offline typing outlives a killed browser and reaches the server when it returns', async ({
  herBrowser,
  server,
  newPerson,
}) => {
  const before = await herBrowser.start()
  const mei = new Writer(await before.context.newPage())
  await mei.startWriting(server.url)
  await mei.type('written online')
  await mei.seesSaved()
  const link = mei.page.url()
  await herBrowser.knowsUs()

  await server.kill('SIGKILL')
  await mei.type(', then offline')
  await mei.seesOnDevice()
  await before.kill()

  await server.restart()
  const after = await herBrowser.start()
  const again = new Writer(await after.context.newPage())
  await again.open(link)
  await again.sees('written online, then offline')
  await again.seesSaved()

  const reader = await newPerson()
  await reader.open(link)
  await reader.sees('written online, then offline')
})

test('of two tabs that typed offline both outlive the killed browser', async ({
  herBrowser,
  server,
  newPerson,
}) => {
  const before = await herBrowser.start()
  const first = new Writer(await before.context.newPage())
  await first.startWriting(server.url)
  await first.type('online')
  await first.seesSaved()
  const link = first.page.url()
  const second = await first.openTab(link)
  await herBrowser.knowsUs()

  await server.kill('SIGKILL')
  await second.goToEnd()
  await second.type(' second')
  await second.seesOnDevice()
  await first.page.bringToFront()
  await first.press('Control+Home')
  await first.type('first ')
  await first.seesOnDevice()
  await before.kill()

  await server.restart()
  const after = await herBrowser.start()
  const again = new Writer(await after.context.newPage())
  await again.open(link)
  await again.sees('first online second')
  await again.seesSaved()
  const reader = await newPerson()
  await reader.open(link)
  await reader.sees('first online second')
})

test('what a crashed tab typed offline is sent by the other tab', async ({ newPerson, server }) => {
  const first = await newPerson()
  await first.startWriting()
  await first.type('online')
  await first.seesSaved()
  const link = first.page.url()
  const second = await first.openTab(link)

  await server.kill('SIGKILL')
  await first.page.bringToFront()
  await first.goToEnd()
  await first.type(' from the tab that crashes')
  await first.seesOnDevice()
  const crashed = first.page.waitForEvent('crash')
  const devtools = await first.page.context().newCDPSession(first.page)
  devtools.send('Page.crash').catch(() => undefined) // the answer dies with the page
  await crashed

  await server.restart()
  await second.seesSaved()
  const reader = await newPerson()
  await reader.open(link)
  await reader.sees('online from the tab that crashes')
  await second.sees('online from the tab that crashes')
})
