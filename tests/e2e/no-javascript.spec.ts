import { expect } from '@playwright/test'
import { addressIn } from '#lib/protocol/urls.ts'
import { test } from './fixtures.ts'
import { frontWords, words } from './writer.ts'

test.use({ javaScriptEnabled: false })

test('without JavaScript the front page starts a document, which says what is missing', async ({
  newPerson,
}) => {
  const { page } = await newPerson()
  await page.goto('/')
  await page.getByRole('button', { name: frontWords.start }).click()
  await page.waitForURL((url) => addressIn(url.pathname) !== null)
  // The tests' switch for JavaScript leaves <noscript> undrawn: what was sent is looked at.
  expect(await page.content()).toContain(words.needsJavaScript)
  await page.goto('/')
  await expect(page.getByRole('link', { name: words.untitled })).toBeVisible()
})
