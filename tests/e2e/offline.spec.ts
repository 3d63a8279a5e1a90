import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { type BrowserProcess, startBrowser } from '../support/browser-process.ts'
import { startFirefox } from '../support/firefox-process.ts'
import { test as base, type Seat } from './fixtures.ts'
import { Writer, words } from './writer.ts'

/** Starts a browser of hers that can be killed, and started again on the same profile. */
const test = base.extend<{ startHers: () => Promise<BrowserProcess> }>({
  startHers: async ({ browserName, channel, launchOptions }, use) => {
    const profile = await mkdtemp(join(tmpdir(), 'commonplace-browser-'))
    const started: BrowserProcess[] = []
    await use(async () => {
      const browser =
        browserName === 'firefox'
          ? await startFirefox({ ...launchOptions, ...(channel && { channel }) }, profile)
          : await startBrowser(launchOptions.executablePath ?? '', profile)
      started.push(browser)
      return browser
    })
    for (const browser of started) await browser.kill()
    await rm(profile, { recursive: true, force: true })
  },
})

/** Makes a visit that ends normally: her cookie is on disk, which takes Chromium up to half a minute. */
async function firstVisit(browser: BrowserProcess, frontPage: string, text: string): Promise<string> {
  const mei = new Writer(await browser.context.newPage())
  await mei.startWriting(frontPage)
  await mei.type(text)
  await mei.seesSaved()
  const link = mei.page.url()
  await browser.quit()
  return link
}

/** Kills the page's process immediately. */
async function crash(page: Page, { window }: Seat): Promise<void> {
  if (window) {
    process.kill(await window.tabPid(), 'SIGKILL')
    return
  }
  const crashed = page.waitForEvent('crash')
  const devtools = await page.context().newCDPSession(page)
  devtools.send('Page.crash').catch(() => undefined) // the answer dies with the page
  await crashed
}

test('offline typing outlives a browser killed on its first visit, and reaches the server when it returns', async ({
  startHers,
  server,
  newPerson,
}) => {
  const before = await startHers()
  const mei = new Writer(await before.context.newPage())
  await mei.startWriting(server.url)
  await mei.type('written online')
  await mei.seesSaved()
  const link = mei.page.url()

  await server.kill('SIGKILL')
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

test('what a crashed tab typed offline is sent by the other tab', async ({ newPerson, seatOf, server }) => {
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
  await crash(first.page, await seatOf(0))

  await server.restart()
  await second.hearsOnline()
  await second.seesSaved()
  const reader = await newPerson()
  await reader.open(link)
  await reader.sees('online from the tab that crashes')
  await second.sees('online from the tab that crashes')
})

test('a key pressed offline is on this device within 200 ms', async ({ newPerson, server }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('online')
  await mei.seesSaved()
  await server.kill('SIGKILL')
  await mei.type('.')
  await mei.seesOnDevice()
  await mei.press('Escape')
  await mei.goToEnd()
  await mei.page.evaluate(watchOutbox)
  for (const key of '123456789') {
    await mei.type(key)
    await expect.poll(() => mei.page.evaluate('document.sealedAfter.length')).toBe(Number(key))
  }
  const waits: number[] = await mei.page.evaluate('document.sealedAfter')
  // The machine may stall once; a person's keys do not.
  expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)]).toBeLessThan(200)
  await server.restart()
  await mei.hearsOnline()
  await mei.seesSaved()
})

test('a browser without a database says so, and the server has every word all the same', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.page.addInitScript(() => Object.defineProperty(window, 'indexedDB', { value: undefined }))
  await mei.startWriting()
  await mei.type('nothing is kept here')
  await mei.seesSaved()
  await mei.openSaveDetails()
  await expect(mei.page.getByText(words.save.onlyInTab)).toBeVisible()
  const reader = await newPerson()
  await reader.open(mei.page.url())
  await reader.sees('nothing is kept here')
})

/** Records in the page the time from each key until its batch was in the browser's database, ms. */
async function watchOutbox(): Promise<void> {
  const sealedAfter: number[] = []
  Object.assign(document, { sealedAfter })
  const [named] = (await indexedDB.databases()).filter(({ name }) => name?.startsWith('commonplace:'))
  const opening = indexedDB.open(named?.name ?? '')
  await new Promise((resolve) => opening.addEventListener('success', resolve))
  const count = () =>
    new Promise<number>((resolve) => {
      const counting = opening.result.transaction('outbox').objectStore('outbox').count()
      counting.addEventListener('success', () => resolve(counting.result))
    })
  let known = await count()
  let pressed = 0
  document.addEventListener('keydown', () => {
    pressed = performance.now()
  })
  // Tabs notify each other that an outbox has changed once the change is in the database.
  const told = new BroadcastChannel(named?.name ?? '')
  told.addEventListener('message', async () => {
    const waited = performance.now() - pressed
    const batches = await count()
    if (batches > known) sealedAfter.push(waited)
    known = batches
  })
}
