import { expect } from '@playwright/test'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { test } from './fixtures.ts'
import { photograph } from './photographs.ts'
import { words as pageWords } from './writer.ts'

const words = accountWordsIn('en')

test('a guest who signs up from a document comes back to it, by way of the sign-in page too', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('a word '.repeat(100))
  await mei.seesSaved()
  const { page } = mei
  const path = new URL(page.url()).pathname
  const note = page.getByRole('complementary').filter({ hasText: 'Only this browser knows' })
  await expect(note).toBeVisible()
  await photograph(mei, 'accounts', 'keep-note')
  // It covers none of the text, and dismissed it does not come back.
  const [text, row] = [await page.locator('main').boundingBox(), await note.boundingBox()]
  expect((text?.y ?? 0) + (text?.height ?? 0)).toBeLessThanOrEqual((row?.y ?? 0) + 1)
  await note.getByRole('button').click()
  await page.reload()
  await mei.sees('a word')
  await expect(page.getByText('200 words')).toBeVisible()
  await expect(note).toBeHidden()

  await page.getByRole('button', { name: pageWords.more }).click()
  await page.getByRole('menuitem', { name: pageWords.signInOrUp }).click()
  await page.waitForURL('**/sign-in#*')
  await page.getByRole('link', { name: words.signUp }).click()
  await page.waitForURL('**/sign-up#*')
  await page.getByLabel(words.email).fill(`keeper-${process.pid}@example.org`)
  await page.getByLabel(words.password).fill('correct horse battery')
  await page.getByRole('button', { name: words.signUp }).click()
  await page.waitForURL((url) => url.pathname === path)
  await mei.sees('a word')
  await page.getByRole('button', { name: pageWords.more }).click()
  await expect(page.getByRole('menuitem', { name: pageWords.account, exact: true })).toBeVisible()
})
