import AxeBuilder from '@axe-core/playwright'
import { expect, type Locator, type Page } from '@playwright/test'
import { test } from './fixtures.ts'
import { frontWords, words } from './writer.ts'

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on the front page and the document page, ${colorScheme}`, async ({ newPerson }) => {
    const mei = await newPerson()
    await mei.page.emulateMedia({ colorScheme })
    await mei.page.goto('/')
    await expectAccessible(mei.page)

    await mei.startWriting()
    await mei.type('# Title')
    await mei.page.keyboard.press('Enter')
    await mei.type('A paragraph. ')
    await mei.seesSaved()
    await expectAccessible(mei.page)

    const wei = await newPerson()
    await wei.open(mei.page.url())
    await wei.body.click()
    await wei.type('peer')
    await mei.sees('peer')
    await expectAccessible(mei.page)

    await mei.page.getByRole('button', { name: words.share }).click()
    await expect(mei.page.getByRole('dialog', { name: words.shareTitle })).toBeVisible()
    await expectAccessible(mei.page)
    await mei.page.keyboard.press('Escape')

    await mei.openSaveDetails()
    await expectAccessible(mei.page)
    await mei.press('Escape')

    await wei.page.close()
    await expect(mei.people).toHaveCount(1)
    await mei.page.getByRole('button', { name: words.people, exact: true }).click()
    await expect(mei.page.getByText(words.leftAgo(0))).toBeVisible()
    await expectAccessible(mei.page)

    await mei.page.goto('/')
    await expect(mei.page.getByRole('heading', { name: frontWords.recent })).toBeVisible()
    await expectAccessible(mei.page)
  })
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const found = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`,
  )
  expect(found).toEqual([])
}

test('everything works by keyboard alone: start, write, choose a name, share, open a link', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.page.goto('/')
  await tabTo(mei.page.getByRole('button', { name: frontWords.start }))
  await mei.press('Enter')
  await expect(mei.body).toBeFocused()
  await mei.type('# By hand')
  await mei.press('Enter')
  await mei.type('no mouse')
  await expect(mei.body.getByRole('heading', { name: 'By hand' })).toBeVisible()

  // Escape makes Tab leave the text again.
  await mei.press('Escape')
  const share = mei.page.getByRole('button', { name: words.share })
  await tabTo(share, 'Shift+Tab')
  await mei.press('Enter')
  const dialog = mei.page.getByRole('dialog', { name: words.shareTitle })
  await expect(dialog.getByRole('button', { name: words.copy })).toBeFocused()
  await mei.press('Enter')
  await expect(mei.page.getByText(words.linkCopied).first()).toBeVisible()
  const link = await dialog.getByRole('textbox', { name: words.shareLink }).inputValue()
  await mei.press('Escape')
  await expect(share).toBeFocused()

  await tabTo(mei.title, 'Shift+Tab')
  await mei.type('Minutes')
  await mei.press('Enter')
  await expect(mei.body).toBeFocused()
  await mei.seesSaved()

  const wei = await newPerson()
  await wei.page.goto('/')
  await tabTo(wei.page.getByRole('textbox', { name: frontWords.openLabel }))
  await wei.type(link)
  await wei.press('Enter')
  await wei.sees('no mouse')
  await expect(wei.title).toHaveValue('Minutes')
  await tabTo(wei.people.first())
  await wei.press('Enter')
  await tabTo(wei.page.getByLabel(words.yourName))
  await wei.press('Control+a')
  await wei.type('Wei')
  await wei.press('Enter')
  await expect(wei.people.first()).toHaveAccessibleName(/^Wei /)
  await tabTo(wei.body)
  await wei.press('Control+End')
  await wei.type(' needed')
  await mei.sees('no mouse needed')
})

test('arrow keys, Home and End stay inside a menu of the toolbar', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.page.getByRole('button', { name: words.labelled(words.blockStyle, words.paragraph) }).click()
  const items = mei.page.getByRole('menuitemradio')
  await expect(items.first()).toBeFocused()
  await mei.press('End')
  await expect(items.last()).toBeFocused()
  await mei.press('ArrowRight')
  await expect(items.last()).toBeFocused()
  await mei.press('Home')
  await expect(items.first()).toBeFocused()
})

/** Presses Tab until the element has the focus; gives up after going around the whole page. */
async function tabTo(element: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const isFocused = () => element.evaluate((found) => found === document.activeElement)
  for (let i = 0; i < 60 && !(await isFocused()); i++) await element.page().keyboard.press(key)
  await expect(element).toBeFocused()
}

for (const width of [320, 390]) {
  test(`on a screen of ${width} px nothing that can be pressed lies beside it`, async ({ newPerson }) => {
    const [mei, wei, lin] = [await newPerson(), await newPerson(), await newPerson()]
    await mei.page.setViewportSize({ width, height: 640 })
    await mei.page.goto('/')
    expect(await beside(mei.page)).toEqual([])
    await mei.page.getByRole('button', { name: words.languageName }).click()
    await expect(mei.page.getByRole('button', { name: '中文' })).toBeVisible()
    expect(await beside(mei.page)).toEqual([])

    await mei.startWriting()
    for (const other of [wei, lin]) await other.open(mei.page.url())
    await expect(mei.page.getByText('+1')).toBeVisible()
    expect(await beside(mei.page)).toEqual([])
    await mei.page.getByRole('button', { name: words.more, exact: true }).click()
    await mei.page.getByRole('menuitem', { name: words.shortcuts }).click()
    const dialog = mei.page.getByRole('dialog', { name: words.shortcuts })
    await expect(dialog.getByText(words.keys.markdown)).toBeVisible()
    expect((await dialog.boundingBox())?.width).toBe(width)
    expect(await beside(mei.page)).toEqual([])
  })
}

/** Returns the controls that are only partly visible, or not at all; the toolbar is excepted because it scrolls. */
function beside(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('a, button, input, select, summary')]
      .filter((control) => control.checkVisibility() && !control.closest('.toolbar'))
      .filter((control) => {
        const { left, right } = control.getBoundingClientRect()
        return left < 0 || right > document.documentElement.clientWidth
      })
      .map((control) => control.outerHTML),
  )
}
