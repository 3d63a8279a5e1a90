import AxeBuilder from '@axe-core/playwright'
import { expect, type Locator, type Page } from '@playwright/test'
import { accessWordsIn } from '#lib/ui/words/access-words.ts'
import { photograph } from './photographs.ts'
import { type Writer, words } from './writer.ts'

export const say = accessWordsIn('en')

export async function openShare(writer: Writer): Promise<Locator> {
  await writer.page.getByRole('button', { name: words.share }).click()
  const dialog = writer.page.getByRole('dialog', { name: words.shareTitle })
  await expect(dialog.getByRole('heading', { name: say.people })).toBeVisible()
  return dialog
}

/** Lets the owner set what people with the link can do, and closes the dialog. */
export async function letLink(owner: Writer, can: keyof typeof say.linkRoles): Promise<void> {
  const dialog = await openShare(owner)
  await dialog.getByRole('radio', { name: say.linkRoles[can] }).check()
  await expect(dialog.getByText(say.whoHints[can])).toBeVisible()
  await owner.press('Escape')
  await expect(dialog).toBeHidden()
}

export function accessChip(writer: Writer): Locator {
  return writer.page.getByRole('button', { name: words.viewOnly })
}

export function draftOf(writer: Writer): Locator {
  return writer.page.getByRole('region', { name: say.draftTitle })
}

/** Photographs a state of a person whose access changes. */
export function photographRevocation(writer: Writer, name: string): Promise<void> {
  return photograph(writer, 'revocation', name)
}

export async function expectAccessible(page: Page): Promise<void> {
  // axe crashes the tab of Firefox 153.
  if (page.context().browser()?.browserType().name() !== 'chromium') return
  const { violations } = await new AxeBuilder({ page }).analyze()
  const found = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`,
  )
  expect(found).toEqual([])
}

/** Sets up Mei's document with one line in it, and Wei writing there through its link. */
export async function together(newPerson: () => Promise<Writer>): Promise<{ mei: Writer; wei: Writer }> {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.type('Minutes')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await wei.sees('Minutes')
  await wei.goToEnd()
  return { mei, wei }
}
