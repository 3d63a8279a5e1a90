import { expect, type Page } from '@playwright/test'
import { test } from './fixtures.ts'
import { type Writer, words } from './writer.ts'

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

/** Returns the computed style of the first element that matches. */
function styleOf(page: Page, selector: string): Promise<Record<string, string>> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { fontSize, fontWeight, lineHeight, opacity, display } = getComputedStyle(element)
      return { fontSize, fontWeight, lineHeight, opacity, display }
    })
}

const TITLE = { fontSize: '38px', fontWeight: '750', lineHeight: '45.6px' }
const FIRST_BLOCK = '.writing > :first-child'

test('an empty page says what to do until the first key, and the first line stands as the title', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.startWriting()
  const said = (pseudo: string, of: string) =>
    mei.page.locator(of).evaluate((element, pseudo) => getComputedStyle(element, pseudo).content, pseudo)
  expect(await said('::before', '.writing')).toContain(words.titlePlaceholder)
  expect(await said('::after', FIRST_BLOCK)).toContain(words.emptyBody)
  const before = await mei.page.locator(FIRST_BLOCK).boundingBox()
  await mei.type('M')
  expect(await said('::before', '.writing')).toBe('none')
  expect(await said('::after', FIRST_BLOCK)).toBe('none')
  expect(await styleOf(mei.page, FIRST_BLOCK)).toMatchObject(TITLE)
  // Nothing moves under the hands of the person.
  expect((await mei.page.locator(FIRST_BLOCK).boundingBox())?.y).toBe(before?.y)
  await mei.type('inutes')
  await mei.press('Enter')
  await mei.type('one, two')
  expect(await styleOf(mei.page, '.writing > :nth-child(2)')).toMatchObject({ fontSize: '17px' })
  await expect(mei.page).toHaveTitle(/^Minutes · /)

  // Prose is no title, and a list is none.
  await mei.press('Control+Home', 'End')
  await mei.type(` of everything that was said ${'and said again '.repeat(5)}`)
  expect(await styleOf(mei.page, FIRST_BLOCK)).toMatchObject({ fontSize: '17px' })
  await expect(mei.page.getByPlaceholder(words.addTitle)).toBeVisible()
})

test('the title stands in the page, leads into the text and back, and follows into the header', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.type('# Agenda\n')
  await mei.type('line\n'.repeat(40))
  await mei.press('Control+Home')
  await mei.page.getByRole('button', { name: words.more, exact: true }).click()
  await mei.page.getByRole('menuitem', { name: words.addTitle }).click()
  await expect(mei.title).toBeFocused()
  await mei.type('A title that is long enough for two lines in the page, and for its end')
  expect(await styleOf(mei.page, '.title-field')).toMatchObject(TITLE)
  expect((await mei.title.boundingBox())?.height).toBeCloseTo(91.2, 0)
  // Two titles of one size would be one too many.
  expect(await styleOf(mei.page, FIRST_BLOCK)).toMatchObject({ fontSize: '32px' })
  await mei.press('Enter')
  await expect(mei.body).toBeFocused()
  expect(await mei.caret()).toEqual({ line: 0, after: 0 })
  await mei.press('ArrowUp')
  await expect(mei.title).toBeFocused()
  await mei.press('ArrowDown')
  await expect(mei.body).toBeFocused()

  await wei.open(mei.page.url())
  await expect(wei.title).toHaveValue(/^A title/)
  const heading = wei.page.getByRole('banner').getByRole('heading', { level: 1 })
  await expect(heading).toHaveCSS('opacity', '0')
  await wei.page.locator('.page').evaluate((page) => {
    page.scrollTop = 400
  })
  await expect(heading).toHaveCSS('opacity', '1')
  await expect(heading).toHaveText(/^A title/)
  expect(await styleOf(wei.page, '.bar-title')).toMatchObject({ fontSize: '14px', fontWeight: '600' })
})

test('two people change the title together, beyond its longest length, and lose nothing', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.title.fill('middle')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await expect(wei.title).toHaveValue('middle')
  await mei.title.click()
  await wei.title.click()
  await mei.press('Home')
  await wei.press('End')
  await Promise.all([mei.type('m'.repeat(170)), wei.type('w'.repeat(170))])
  await expect.poll(async () => (await mei.title.inputValue()) === (await wei.title.inputValue())).toBe(true)
  const before = await mei.title.inputValue()
  await mei.press('Backspace')
  await mei.seesSaved()
  const after = `${'m'.repeat(before.indexOf('middle') - 1)}middle${'w'.repeat(before.length - before.indexOf('middle') - 6)}`
  for (const { title } of [mei, wei]) await expect(title).toHaveValue(after)
})

/** Counts the changes of what a screen reader is told from here on. */
async function listen({ page }: Writer): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const heard = { count: 0 }
    Object.assign(window, { heard })
    const LIVE = '[role="status"], [role="alert"], [aria-live]'
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        const element = target instanceof Element ? target : target.parentElement
        if (element?.closest(LIVE)) heard.count += 1
      }
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
  return () => page.evaluate(() => (window as unknown as { heard: { count: number } }).heard.count)
}

test('a screen reader hears nothing of 44 saved keys, but of what lasts; header and toolbar recede meanwhile', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('Hello\n')
  await mei.seesSaved()
  const heard = await listen(mei)
  await mei.page.mouse.move(700, 500)
  await mei.page.keyboard.type('forty-four keys, and each one of them saved.', { delay: 75 })
  await expect(mei.page.locator('.toolbar')).toHaveCSS('opacity', '0.55')
  await mei.page.mouse.move(710, 510)
  await expect(mei.page.locator('.toolbar')).toHaveCSS('opacity', '1')
  await mei.seesSaved()
  expect(await heard()).toBe(0)

  const polite = mei.page.locator('[aria-live="polite"]')
  await mei.press('Control+s')
  await expect(polite).toHaveText(words.chip.saved)
  await mei.page.context().setOffline(true)
  await expect(polite).toHaveText(words.chip.offlineUnchanged)
  await mei.page.context().setOffline(false)
  await expect(polite).toHaveText(words.chip.back)
  expect(await heard()).toBe(3)
})

test('on a phone nothing of header and bar is cut off, and name and word count are in the menu', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.page.setViewportSize({ width: 320, height: 640 })
  await mei.startWriting()
  await mei.type('Three words here')
  expect(await styleOf(mei.page, FIRST_BLOCK)).toMatchObject({ fontSize: '30px' })
  const bar = mei.page.getByRole('toolbar', { name: words.toolbar })
  for (const button of await bar.getByRole('button').all()) {
    const box = await button.boundingBox()
    expect(box && box.x >= 0 && box.x + box.width <= 320).toBe(true)
  }
  await bar.getByRole('button', { name: words.labelled(words.blockStyle, words.paragraph) }).click()
  await mei.page.getByRole('menuitemcheckbox', { name: words.italic }).click()
  await mei.type(' and more')
  await expect(mei.body.locator('em')).toHaveText(' and more')

  const more = mei.page.getByRole('button', { name: words.more, exact: true })
  await more.click()
  await mei.page.getByRole('menuitem', { name: words.count.title }).click()
  await expect(mei.page.getByRole('dialog', { name: words.count.title })).toContainText(
    `${words.count.words}5`,
  )
  await mei.press('Escape')
  await more.click()
  await mei.page.getByRole('menuitem', { name: words.profile }).click()
  await mei.page.getByRole('dialog').getByLabel(words.yourName).fill('Mei')
  await mei.press('Enter')
  await expect(mei.people.first()).toHaveAccessibleName(/^Mei /)
})

test('paper shows the title and the text, and no carets; in forced colours the hues have names', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.title.fill('On paper')
  await mei.press('Enter')
  await mei.type('the text')
  await wei.open(mei.page.url())
  await wei.goToEnd()
  const caret = mei.body.locator('.caret')
  await expect(caret).toBeVisible()
  await mei.page.emulateMedia({ media: 'print' })
  await expect(caret).toBeHidden()
  await expect(mei.page.getByRole('banner')).toBeHidden()
  await expect(mei.body).toBeVisible()
  const printed = await mei.page
    .locator('.title-place')
    .evaluate((place) => ({ ...getComputedStyle(place, '::after') }).visibility)
  expect(printed).toBe('visible')

  await mei.page.emulateMedia({ media: 'screen', forcedColors: 'active' })
  await mei.people.first().click()
  for (const name of words.hues) await expect(mei.page.getByText(name, { exact: true })).toBeInViewport()
})

test('a block of code is copied by its button, also by keyboard', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('Example\n``` const a = 1')
  const button = mei.page.locator('.code-tools').getByRole('button', { name: words.copy })
  await expect(button).toBeVisible()
  await mei.press('Escape', 'Tab')
  await expect(button).toBeFocused()
  await mei.press('Enter')
  await expect(button).toHaveCount(0)
  expect(await mei.page.evaluate(() => navigator.clipboard.readText())).toBe('const a = 1')
  await mei.goTo({ line: 0, after: 2 })
  await mei.page.mouse.move(5, 600)
  await expect(mei.page.locator('.code-tools')).toHaveCount(0)
})

test('a Mac’s keyboard is named by its own signs', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.page.addInitScript(() => {
    Object.defineProperty(navigator, 'platform', { value: 'MacIntel' })
  })
  await mei.startWriting()
  await expect(mei.page.getByRole('contentinfo')).toContainText('⌘/')
  await mei.page.getByRole('button', { name: words.more, exact: true }).click()
  await expect(mei.page.getByRole('menuitem', { name: words.shortcuts })).toContainText('⌘/')
  await expect(mei.page.getByText(/Ctrl/)).toHaveCount(0)
})
