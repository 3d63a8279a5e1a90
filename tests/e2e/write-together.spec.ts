import { expect } from '@playwright/test'
import { test } from './fixtures.ts'

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

test('one click, and two people write the same document and see each other', async ({ newPerson }) => {
  const mei = await newPerson()
  const wei = await newPerson()

  await mei.startWriting()
  await mei.type('Shopping for Sunday')
  await mei.page.keyboard.press('Enter')
  await mei.type('tea, rice')
  await mei.seesSaved()

  const link = await mei.copyLink()
  expect(await mei.page.evaluate(() => navigator.clipboard.readText())).toBe(link)

  await wei.open(link)
  await wei.sees('tea, rice')
  await wei.rename('Wei')
  await mei.rename('Mei')
  await wei.body.click()
  await wei.page.keyboard.press('Control+End')
  await wei.type(', oranges')
  await mei.sees('tea, rice, oranges')
  await expect(mei.caretOf('Wei')).toBeVisible()

  await mei.body.click()
  await mei.page.keyboard.press('Control+Home')
  await mei.type('Plan: ')
  await wei.sees('Plan: Shopping for Sunday')
  await expect(wei.caretOf('Mei')).toBeVisible()

  await mei.seesSaved()
  await wei.seesSaved()
  expect(await wei.lines()).toEqual(['Plan: Shopping for Sunday', 'tea, rice, oranges'])
  expect(await mei.lines()).toEqual(await wei.lines())
})

test('undo takes back one’s own edits only', async ({ newPerson }) => {
  const mei = await newPerson()
  const wei = await newPerson()
  await mei.startWriting()
  await mei.type('one')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await wei.body.click()
  await wei.page.keyboard.press('Control+End')
  await wei.type(' two')
  await mei.sees('one two')
  await mei.page.keyboard.press('Control+z')
  await expect(mei.body).not.toContainText('one')
  await wei.sees('two')
  expect(await mei.lines()).toEqual([' two'])
})
