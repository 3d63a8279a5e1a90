import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserProcess, startBrowser } from '../support/browser-process.ts'
import { test as base } from './fixtures.ts'
import { Writer } from './writer.ts'

/** A browser of hers that can be killed, and started again on the same profile. */
const test = base.extend<{ startHers: () => Promise<BrowserProcess> }>({
  startHers: async ({ launchOptions }, use) => {
    const profile = await mkdtemp(join(tmpdir(), 'commonplace-browser-'))
    const started: BrowserProcess[] = []
    await use(async () => {
      const browser = await startBrowser(launchOptions.executablePath ?? '', profile)
      started.push(browser)
      return browser
    })
    for (const browser of started) await browser.kill()
    await rm(profile, { recursive: true, force: true })
  },
})

/** She has been here before: Chromium would forget a cookie younger than half a minute when it is killed. */
async function firstVisit(browser: BrowserProcess, frontPage: string, text: string): Promise<string> {
  const mei = new Writer(await browser.context.newPage())
  await mei.startWriting(frontPage)
  await mei.type(text)
  await mei.seesSaved()
  const link = mei.page.url()
  await browser.quit()
  return link
}

test('offline typing outlives a killed browser and reaches the server when it returns', async ({
  startHers,
  server,
  newPerson,
}) => {
  const link = await firstVisit(await startHers(), server.url, 'written online')
  const before = await startHers()
  const mei = new Writer(await before.context.newPage())
  await mei.open(link)
  await mei.sees('written online')

  await server.kill('SIGKILL')
  await mei.goToEnd()
  await mei.type(', then offline')
  await mei.seesOnDevice()
  await before.kill()

  await server.restart()
  const after = await startHers()
  const again = new Writer(await after.context.newPage())
  await again.open(link)
  await again.sees('written online, then offline')
  await again.seesSaved()

  const reader = await newPerson()
  await reader.open(link)
  await reader.sees('written online, then offline')
})

test('of two tabs that typed offline both outlive the killed browser', async ({
  startHers,
  server,
  newPerson,
}) => {
  const link = await firstVisit(await startHers(), server.url, 'online')
  const before = await startHers()
  const first = new Writer(await before.context.newPage())
  await first.open(link)
  const second = await first.openTab(link)
  await second.sees('online')

  await server.kill('SIGKILL')
  await second.goToEnd()
  await second.type(' second')
  await second.seesOnDevice()
  await first.page.bringToFront()
  await first.goTo({ line: 0, after: 0 })
  await first.type('first ')
  await first.seesOnDevice()
  await before.kill()

  await server.restart()
  const after = await startHers()
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
