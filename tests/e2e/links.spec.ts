import { expect } from '@playwright/test'
import { test } from './fixtures.ts'
import { type Writer, words } from './writer.ts'

const ADDRESS = 'https://example.org/a'

/** Waits until addresses become links, a moment after typing is possible. */
async function untilRecognized(writer: Writer): Promise<void> {
  await expect(async () => {
    await writer.press('Control+a')
    await writer.type(`${ADDRESS} `)
    await expect(writer.body.getByRole('link', { name: ADDRESS })).toBeVisible({ timeout: 500 })
  }).toPass()
}

test('addresses become links when typed and pasted, and no word with a dot in it does', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await untilRecognized(mei)
  await mei.type('and node.js stay')
  await expect(mei.body.getByRole('link')).toHaveCount(1)

  await mei.press('Enter')
  await mei.paste('see https://example.org/b and more')
  await expect(mei.body.getByRole('link')).toHaveText([ADDRESS, 'https://example.org/b'])
  await mei.press('Control+Home', 'Control+Shift+ArrowRight')
  await mei.goToEnd()
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await expect(wei.body.getByRole('link')).toHaveText([ADDRESS, 'https://example.org/b'])
  for (const link of await wei.body.getByRole('link').all()) {
    await expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow')
  }
})

test('an address that is pasted over selected words becomes their link', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await untilRecognized(mei)
  await mei.press('Control+a')
  await mei.type('words')
  await mei.press('Control+a')
  await mei.paste(ADDRESS)
  await expect(mei.body.getByRole('link', { name: 'words' })).toHaveAttribute('href', ADDRESS)
  await expect(mei.page.getByRole('button', { name: words.undo })).toBeEnabled()
  await mei.press('Control+z')
  await expect(mei.body.getByRole('link')).toHaveCount(0)
  expect(await mei.lines()).toEqual(['words'])
})
