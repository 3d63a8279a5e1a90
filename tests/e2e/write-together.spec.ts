import { expect } from '@playwright/test'
import { test } from './fixtures.ts'
import { words } from './writer.ts'

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

test('however deep the person indents, quotes and pastes, it stays a document that the server accepts', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.type('- top')
  // Tab nests an item under the previous one.
  for (let level = 1; level < 20; level++) {
    await mei.press('Enter', 'Tab')
    await mei.type(`item ${level}`)
  }
  const notice = mei.page.getByRole('complementary')
  await expect(notice).toContainText(words.nesting.refused)
  // Markdown that would nest deeper stays text.
  await mei.press('Enter')
  await mei.type('> as typed')
  await mei.sees('> as typed')
  await mei.body.evaluate((body) => {
    const clipboardData = new DataTransfer()
    const html = `${'<ul><li>in '.repeat(40)}the deep${'</li></ul>'.repeat(40)}`
    clipboardData.setData('text/html', html)
    const paste = new ClipboardEvent('paste', { bubbles: true, cancelable: true })
    // Firefox drops the data passed to a synthetic event.
    Object.defineProperty(paste, 'clipboardData', { value: clipboardData })
    body.dispatchEvent(paste)
  })
  await expect(notice).toContainText(words.nesting.flattened)
  await mei.type(', and on')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await wei.sees('the deep, and on')
  await wei.goToEnd()
  await wei.type('!')
  await wei.seesSaved()
  expect(await wei.lines()).toEqual(await mei.lines())
})
