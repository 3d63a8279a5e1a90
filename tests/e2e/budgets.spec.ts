import { gzipSync } from 'node:zlib'
import { expect, type Page } from '@playwright/test'
import { test } from './fixtures.ts'
import { words } from './writer.ts'

/** The maximum weight of pages, bytes of gzip (the server sends them uncompressed; a proxy compresses them). */
const BUDGETS = {
  frontScripts: 150_000,
  documentScripts: 360_000,
  documentScriptsLater: 480_000,
  styles: 25_000,
}

type Weight = { readonly scripts: number; readonly styles: number }

/**
 * Counts the bytes a page loads from now on, each address once. Optionally counts only requests made before a time of
 * the page, ms.
 */
function weigh(page: Page): (before?: number) => Promise<Weight> {
  const loaded = new Map<string, { kind: string; body: Promise<Buffer> }>()
  page.on('response', (response) => {
    const kind = response.request().resourceType()
    if (kind === 'script' || kind === 'stylesheet')
      loaded.set(response.url(), { kind, body: response.body() })
  })
  return async (before = Number.POSITIVE_INFINITY) => {
    const begun = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name, startTime }) => ({ name, startTime })),
    )
    const sum = { script: 0, stylesheet: 0 } as { [kind: string]: number }
    for (const { name, startTime } of begun) {
      const found = startTime <= before ? loaded.get(name) : undefined
      if (!found) continue
      loaded.delete(name)
      sum[found.kind] = (sum[found.kind] ?? 0) + gzipSync(await found.body, { level: 9 }).length
    }
    return { scripts: sum.script ?? 0, styles: sum.stylesheet ?? 0 }
  }
}

/** Records in the page when its text can first be typed in. */
function noteTypable(): void {
  new MutationObserver((_, observer) => {
    if (!document.querySelector('[role="textbox"][contenteditable="true"]')) return
    performance.mark('typable')
    observer.disconnect()
  }).observe(document, { subtree: true, childList: true, attributes: true })
}

test('the front page and the document page keep within their budgets', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.startWriting()
  const link = mei.page.url()

  const front = await newPerson()
  const ofFront = weigh(front.page)
  await front.page.goto('/', { waitUntil: 'networkidle' })
  const frontPage = await ofFront()

  // A first-time visitor: nothing is in their cache.
  const wei = await newPerson()
  await wei.page.addInitScript(noteTypable)
  const ofDocument = weigh(wei.page)
  await wei.open(link)
  await wei.page.getByRole('button', { name: words.share }).click()
  await expect(wei.page.getByRole('dialog').getByRole('button', { name: words.copy })).toBeVisible()
  const typableAt = await wei.page.evaluate(() => performance.getEntriesByName('typable')[0]?.startTime)
  const typable = await ofDocument(typableAt)
  const rest = await ofDocument()
  const all = typable.scripts + rest.scripts

  console.log(
    `gzip: front page ${frontPage.scripts} B of scripts, ${frontPage.styles} of styles; ` +
      `document ${typable.scripts} B of scripts before typing, ${all} with the share dialog, ${typable.styles} of styles`,
  )
  // A page without any would be an error of measurement.
  expect(Math.min(frontPage.scripts, typable.scripts)).toBeGreaterThan(100_000)
  expect(rest.scripts).toBeGreaterThan(0)
  expect(frontPage.scripts).toBeLessThanOrEqual(BUDGETS.frontScripts)
  expect(typable.scripts).toBeLessThanOrEqual(BUDGETS.documentScripts)
  expect(all).toBeLessThanOrEqual(BUDGETS.documentScriptsLater)
  expect(Math.max(frontPage.styles, typable.styles + rest.styles)).toBeLessThanOrEqual(BUDGETS.styles)
})
