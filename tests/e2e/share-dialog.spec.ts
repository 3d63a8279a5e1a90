import { expect } from '@playwright/test'
import { pathOf } from '#lib/protocol/urls.ts'
import { test } from './fixtures.ts'
import { accessChip, expectAccessible, letLink, openShare, say, together } from './sharing-scene.ts'
import { frontWords, words } from './writer.ts'

const { access } = words

test('a password is asked for once, without JavaScript too', async ({ newPerson, browser, server }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('behind a password')
  await mei.seesSaved()
  const dialog = await openShare(mei)
  await dialog.getByRole('button', { name: say.settings }).click()
  await dialog.getByLabel(say.password, { exact: true }).fill('open sesame')
  await dialog.getByRole('button', { name: say.passwordSave, exact: true }).click()
  await expect(dialog.getByText(say.passwordSet).first()).toBeVisible()
  const link = mei.page.url()

  const plain = await browser.newContext({ baseURL: server.url, javaScriptEnabled: false })
  const page = await plain.newPage()
  await page.goto(link)
  await expect(page.getByRole('heading', { name: frontWords.locked.title })).toBeVisible()
  await page.getByLabel(frontWords.locked.label).fill('wrong')
  await page.getByRole('button', { name: frontWords.locked.open }).click()
  await expect(page.getByText(frontWords.locked.wrong)).toBeVisible()
  await page.getByLabel(frontWords.locked.label).fill('open sesame')
  await page.getByRole('button', { name: frontWords.locked.open }).click()
  await expect(page).toHaveURL(link)
  await expect(page.getByRole('heading', { name: frontWords.locked.title })).toBeHidden()
  await plain.close()

  const wei = await newPerson()
  await wei.page.goto(link)
  await expectAccessible(wei.page)
  await wei.page.getByLabel(frontWords.locked.label).fill('open sesame')
  await wei.press('Enter')
  await wei.sees('behind a password')
})

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing in the share dialog, whatever is open in it, ${colorScheme}`, {
    tag: '@chromium',
  }, async ({ newPerson }) => {
    const { mei, wei } = await together(newPerson)
    for (const { page } of [mei, wei]) await page.emulateMedia({ colorScheme })
    const dialog = await openShare(mei)
    await dialog.getByRole('button', { name: say.showQr }).first().click()
    await expect(dialog.getByRole('img', { name: say.qrLabel })).toBeVisible()
    await expectAccessible(mei.page)
    await dialog.getByRole('button', { name: say.settings }).first().click()
    await dialog.getByText(say.otherLinks).click()
    await expect(dialog.getByRole('textbox', { name: say.linkOf.viewer })).toBeVisible()
    await expectAccessible(mei.page)
    await mei.press('Escape')
    await letLink(mei, 'viewer')
    await accessChip(wei).click()
    await expectAccessible(wei.page)
    await wei.press('Escape')
    await openShare(wei)
    await expectAccessible(wei.page)
  })
}

test('the owner shares by keyboard alone', async ({ newPerson }) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('keys')
  await mei.seesSaved()
  await mei.press('Control+Alt+s')
  const dialog = mei.page.getByRole('dialog', { name: words.shareTitle })
  await expect(dialog.getByRole('button', { name: say.copy })).toBeFocused()
  await mei.press('Shift+Tab', 'Shift+Tab')
  await expect(dialog.getByRole('radio', { name: say.linkRoles.editor })).toBeFocused()
  await mei.press('ArrowRight')
  await expect(dialog.getByText(say.whoHints.viewer)).toBeVisible()
  const link = await dialog.getByRole('textbox', { name: say.link }).inputValue()
  await mei.press('Escape')
  await expect(dialog).toBeHidden()
  const wei = await newPerson()
  await wei.page.goto(link)
  await expect(accessChip(wei)).toBeVisible()
})

test('without the server the dialog says so, and a text that is open stays', async ({ newPerson }) => {
  const { mei } = await together(newPerson)
  const path = pathOf({ to: 'api', path: 'access' })
  await mei.page.route(`**${path}`, (route) => route.abort())
  await mei.page.getByRole('button', { name: words.share }).click()
  await expect(mei.page.getByText(say.unreachable)).toBeVisible()
  await mei.page.unroute(`**${path}`)
  await mei.page.getByRole('button', { name: say.retry }).click()
  await expect(mei.page.getByRole('heading', { name: say.people })).toBeVisible()
})

test('asked and allowed: the owner hears of it, and the asker can write immediately', async ({
  newPerson,
}) => {
  const { mei, wei } = await together(newPerson)
  await wei.rename('Wei')
  await letLink(mei, 'viewer')
  await accessChip(wei).click()
  await wei.page.getByRole('button', { name: access.ask, exact: true }).click()
  await expect(wei.page.getByText(access.askedExplain).first()).toBeVisible()
  const asked = mei.page.getByRole('region', { name: access.asks('Wei', 'editor') })
  await expect(asked).toBeVisible()
  await expectAccessible(mei.page)
  // The dialog shows it too.
  const dialog = await openShare(mei)
  await expect(dialog.getByRole('heading', { name: say.requests })).toBeVisible()
  await dialog.getByRole('button', { name: say.allow }).click()
  await expect(dialog.getByRole('combobox', { name: say.roleOf('Wei') })).toHaveValue('editor')
  await expect(wei.body).toBeEditable()
  await wei.goToEnd()
  await wei.type(', thank you')
  await mei.sees('Minutes, thank you')

  await dialog.getByRole('combobox', { name: say.roleOf('Wei') }).selectOption('')
  await expect(accessChip(wei)).toBeVisible()
})
