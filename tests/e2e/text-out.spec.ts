import { readFile } from 'node:fs/promises'
import { expect } from '@playwright/test'
import { addressIn } from '#lib/protocol/urls.ts'
import { textOutWordsIn } from '#lib/ui/words/text-out-words.ts'
import { test } from './fixtures.ts'
import { Writer, words } from './writer.ts'

const own = textOutWordsIn('en')

test('⋯ takes the text out under its title, and makes a copy that is one’s own', async ({ newPerson }) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.type('# Plan')
  await mei.press('Enter')
  await mei.type('plain ')
  await mei.press('Control+b')
  await mei.type('bold')
  await mei.seesSaved()
  const link = mei.page.url()

  await wei.open(link)
  await wei.title.fill('會議：紀錄？')
  await wei.sees('bold')
  const choose = async (name: string) => {
    await wei.page.getByRole('button', { name: words.more, exact: true }).click()
    await wei.page.getByRole('menuitem', { name, exact: true }).click()
  }

  await wei.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await choose(own.copyMarkdown)
  await expect(wei.page.locator('.notice')).toContainText(own.markdownCopied)
  const markdown = '# 會議：紀錄？\n\n# Plan\n\nplain **bold**\n'
  expect(await wei.page.evaluate(() => navigator.clipboard.readText())).toBe(markdown)

  for (const [format, holds] of [
    ['md', markdown],
    ['html', '<h1>會議：紀錄？</h1>'],
    ['txt', '會議：紀錄？\n\nPlan\n\nplain bold\n'],
  ] as const) {
    const download = wei.page.waitForEvent('download')
    await choose(own.formats[format])
    const file = await download
    expect(file.suggestedFilename()).toBe(`會議：紀錄？.${format}`)
    expect(await readFile(await file.path(), 'utf8')).toContain(holds)
  }

  await wei.seesSaved()
  const opened = wei.page.context().waitForEvent('page')
  await choose(own.makeCopy)
  const copy = new Writer(await opened)
  await expect(copy.title).toHaveValue(own.copyOf('會議：紀錄？'))
  await copy.sees('plain bold')
  expect(addressIn(new URL(copy.page.url()).pathname)).not.toBe(addressIn(new URL(link).pathname))
  await copy.goToEnd()
  await copy.type(' of wei')
  await copy.seesSaved()
  await expect(mei.body).not.toContainText('of wei')
  await copy.page.getByRole('button', { name: words.more, exact: true }).click()
  await expect(copy.page.getByRole('menuitem', { name: words.deleteDocument })).toBeVisible()

  const blank = wei.page.context().waitForEvent('page')
  await choose(own.newDocument)
  await expect(new Writer(await blank).body).toBeEditable()
})
