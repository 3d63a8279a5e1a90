import { expect } from '@playwright/test'
import { test } from './fixtures.ts'
import { expectAccessible, photographRevocation, together } from './sharing-scene.ts'
import { frontWords, words } from './writer.ts'

// The title appears in the list once the document has been quiet for a while.
const [REMOVE, RESTORE, ERASE] = [/^Remove “/, /^Restore “/, /^Delete forever: “/]

test('a deleted document lies in the trash of its owner, who brings it back or erases it', async ({
  newPerson,
}) => {
  const { mei, wei } = await together(newPerson)
  const akira = await newPerson()
  await akira.open(mei.page.url())
  await akira.goToEnd()
  await akira.page.context().setOffline(true)
  await akira.type(' by Akira')
  await akira.seesOnDevice()
  await mei.page.goto('/')
  await mei.page.getByRole('button', { name: REMOVE }).click()
  await mei.page.getByRole('button', { name: words.deleteButton, exact: true }).click()
  await expect(wei.page.getByRole('alert').filter({ hasText: words.chip.deleted })).toBeVisible()
  await expect(wei.chip).toContainText(words.chip.closed)
  await expect(wei.page.getByText(words.chip.deleted)).toHaveCount(1)
  await photographRevocation(wei, '12-deleted')
  const trash = mei.page.getByText(frontWords.trash.heading(1))
  await trash.click()
  await expectAccessible(mei.page)
  await mei.page.getByRole('button', { name: RESTORE }).click()
  await expect(mei.page.getByRole('heading', { name: frontWords.recent })).toBeVisible()
  await expect(trash).toBeHidden()
  // The page that was open comes back by itself, and so does one that had no connection during all of it.
  await expect(wei.body).toBeEditable()
  await wei.goToEnd()
  await wei.type(' taken')
  await wei.seesSaved()
  await akira.page.context().setOffline(false)
  await akira.hearsOnline()
  for (const each of [wei, akira]) for (const words of [' by Akira', ' taken']) await each.sees(words)
  await akira.seesSaved()

  await mei.page.getByRole('button', { name: REMOVE }).click()
  await mei.page.getByRole('button', { name: words.deleteButton, exact: true }).click()
  await trash.click()
  await mei.page.getByRole('button', { name: ERASE }).click()
  await mei.page.getByRole('button', { name: frontWords.trash.erase, exact: true }).last().click()
  await expect(trash).toBeHidden()
  await expect(mei.page.getByRole('heading', { name: frontWords.recent })).toBeHidden()
})
