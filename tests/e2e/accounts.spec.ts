import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { test } from './fixtures.ts'
import { words as pageWords, Writer } from './writer.ts'

const words = accountWordsIn('en')
const PASSWORD = 'correct horse battery'

let count = 0
const newEmail = () => `writer-${process.pid}-${++count}@example.org`

/** Creates an account with the form; ends on the front page. */
async function signUp(page: Page, email: string, name = ''): Promise<void> {
  await page.goto('/sign-up')
  await page.getByLabel(words.email).fill(email)
  await page.getByLabel(words.password).fill(PASSWORD)
  await page.getByLabel(words.name).fill(name)
  await page.getByRole('button', { name: words.signUp }).click()
  await page.waitForURL((url) => url.pathname === '/')
}

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel(words.email).fill(email)
  await page.getByLabel(words.password).fill(password)
  await page.getByRole('button', { name: words.signIn }).click()
}

async function signOut(page: Page, button = words.signOut): Promise<void> {
  await page.goto('/sign-out')
  await page.getByRole('button', { name: button }).click()
  await page.waitForURL((url) => url.pathname === '/')
}

/** Types text that does not reach the server and closes the tab: the text is in this browser only. */
async function typeUnsent(writer: Writer, link: string, text: string): Promise<void> {
  await writer.open(link)
  await writer.goToEnd()
  await writer.page.context().setOffline(true)
  await writer.type(text)
  await writer.seesOnDevice()
  await writer.page.close()
}

/**
 * Sets up a browser in which Mei, with an account, wrote "shared" and then text that never reached the server. Wei
 * has another browser.
 */
async function sharedComputer(newPerson: () => Promise<Writer>, unsent: string) {
  const [meiEmail, weiEmail] = [newEmail(), newEmail()]
  const wei = await newPerson()
  await signUp(wei.page, weiEmail)
  const mei = await newPerson()
  await signUp(mei.page, meiEmail, 'Mei')
  await mei.startWriting()
  await mei.type('shared')
  await mei.seesSaved()
  const link = mei.page.url()
  const context = mei.page.context()
  await typeUnsent(mei, link, unsent)
  await context.setOffline(false)
  return { wei, meiEmail, weiEmail, context, link }
}

/** Signs in and continues writing in a document. */
async function continueAs(page: Page, email: string, link: string, text: string): Promise<Writer> {
  await signIn(page, email)
  await page.waitForURL((url) => url.pathname === '/')
  const writer = new Writer(page)
  await writer.open(link)
  await writer.goToEnd()
  await writer.type(text)
  await writer.seesSaved()
  return writer
}

/** Returns this browser's user databases that are not empty. */
function databasesHeld(page: Page): Promise<string[]> {
  return page.evaluate(async () =>
    (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('commonplace:') ? name : [])),
  )
}

test('a guest makes an account by keyboard alone, and stays in the document under their name', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('before the account')
  await mei.seesSaved()
  const link = mei.page.url()
  const tab = await mei.page.context().newPage()
  await tab.goto('/')
  await tab.getByRole('link', { name: words.signIn }).focus()
  await tab.keyboard.press('Enter')
  await tab.waitForURL('**/sign-in')
  await tab.getByRole('link', { name: words.signUp }).focus()
  await tab.keyboard.press('Enter')
  await tab.waitForURL('**/sign-up')
  await tab.getByLabel(words.email).focus()
  await tab.keyboard.type(newEmail())
  await tab.keyboard.press('Tab')
  await tab.keyboard.type(PASSWORD)
  await tab.keyboard.press('Tab')
  await expect(tab.getByRole('button', { name: words.showPassword })).toBeFocused()
  await tab.keyboard.press('Enter')
  await expect(tab.getByLabel(words.password)).toHaveAttribute('type', 'text')
  await tab.keyboard.press('Tab')
  await tab.keyboard.type('Mei Lin')
  await tab.keyboard.press('Enter')
  await tab.waitForURL((url) => url.pathname === '/')
  await expect(tab.getByRole('link', { name: 'Mei Lin' })).toBeVisible()

  // The tab that was open continues as the account, without a reload.
  await mei.goToEnd()
  await mei.type(', and after')
  await mei.seesSaved()
  await mei.page.reload()
  await mei.sees('before the account, and after')
  await expect(mei.people.first()).toHaveAccessibleName(/^Mei Lin /)
  const other = await newPerson()
  await other.open(link)
  await other.sees('before the account, and after')
})

test('what a guest typed offline comes along into the account they had, and reaches the others', async ({
  newPerson,
}) => {
  const email = newEmail()
  const home = await newPerson()
  await signUp(home.page, email)

  const guest = await newPerson()
  await guest.startWriting()
  await guest.type('online')
  await guest.seesSaved()
  const link = guest.page.url()
  const context = guest.page.context()
  await typeUnsent(guest, link, ' and offline')
  await context.setOffline(false)
  const page = await context.newPage()
  await signIn(page, email)
  await page.waitForURL((url) => url.pathname === '/')
  const mei = new Writer(page)
  await mei.open(link)
  await mei.sees('online and offline')
  await mei.seesSaved()
  // Titles follow the text after some seconds, and a list on the screen does not update.
  const listed = home.page.getByRole('link', { name: 'online', exact: false }).first()
  await expect(async () => {
    await home.page.goto('/')
    await expect(listed).toBeVisible({ timeout: 1_000 })
  }).toPass({ timeout: 30_000 })
  await listed.click()
  await home.sees('online and offline')
})

test('on a shared computer no data of the person who signed out stays or is sent by another', async ({
  newPerson,
}) => {
  const { wei, weiEmail, context, link } = await sharedComputer(newPerson, ' secret')
  const page = await context.newPage()
  await page.goto('/sign-out')
  await expect(page.getByText(/not saved on the server yet/)).toBeVisible()
  expect(await databasesHeld(page)).toHaveLength(1)
  await signOut(page, words.signOutAnyway)
  expect(await databasesHeld(page)).toEqual([])
  await expect(page.getByRole('link', { name: words.signIn })).toBeVisible()

  await continueAs(page, weiEmail, link, ' by Wei')
  await wei.open(link)
  await wei.sees('shared by Wei')
  await expect(wei.body).not.toContainText('secret')
})

test('another account’s unsent changes wait in the browser until they are back', async ({ newPerson }) => {
  const { wei, meiEmail, weiEmail, context, link } = await sharedComputer(newPerson, ' by Mei')
  // Wei signs in without Mei having signed out.
  const page = await context.newPage()
  await context.clearCookies()
  const next = await continueAs(page, weiEmail, link, ' by Wei')
  await expect(next.body).toHaveText('shared by Wei')

  await context.clearCookies()
  await signIn(page, meiEmail)
  await page.waitForURL((url) => url.pathname === '/')
  await next.open(link)
  await next.sees('by Mei')
  await next.seesSaved()
  await wei.open(link)
  await wei.sees('by Mei')
})

test('signing out ends what is open in other tabs', async ({ newPerson }) => {
  const mei = await newPerson()
  await signUp(mei.page, newEmail())
  await mei.startWriting()
  await mei.type('mine')
  await mei.seesSaved()
  const page = await mei.page.context().newPage()
  await signOut(page)
  await mei.page.waitForURL((url) => url.pathname === '/')
  await expect(mei.page.getByRole('link', { name: words.signIn })).toBeVisible()
})

test('the first administrator gives a user a reset link, who signs in with a new password', async ({
  newPerson,
  server,
}) => {
  const setup = /\/setup\/[\w-]+/.exec(server.logs())?.[0] ?? ''
  const admin = await newPerson()
  await admin.page.goto(setup)
  await admin.page.getByLabel(words.email).fill(newEmail())
  await admin.page.getByLabel(words.password).fill(PASSWORD)
  await admin.page.getByRole('button', { name: words.setupTitle }).click()
  await admin.page.waitForURL('**/admin')
  await expectAccessible(admin.page)

  const email = newEmail()
  const mei = await newPerson()
  await signUp(mei.page, email)
  await admin.page.goto(`/admin?q=${encodeURIComponent(email)}`)
  await admin.page
    .getByRole('form', { name: words.actionsFor(email) })
    .getByRole('button', { name: words.resetLink })
    .click()
  const link = await admin.page.locator('code').textContent()
  await mei.page.goto(link ?? '')
  await expectAccessible(mei.page)
  await mei.page.getByLabel(words.newPassword).fill('a new password')
  await mei.page.getByRole('button', { name: words.resetTitle }).click()
  await expect(mei.page.getByText(words.resetDone)).toBeVisible()
  await signIn(mei.page, email, 'a new password')
  await mei.page.waitForURL((url) => url.pathname === '/')
  await mei.page.goto(setup)
  await expect(mei.page.getByRole('heading', { name: words.resetEnded })).toBeVisible()
})

test('signing in from a document leads back to it', async ({ newPerson }) => {
  const email = newEmail()
  const home = await newPerson()
  await signUp(home.page, email, 'Mei')
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('half a sentence')
  await mei.seesSaved()
  const link = mei.page.url()
  await mei.page.getByRole('button', { name: pageWords.more }).click()
  await mei.page.getByRole('menuitem', { name: words.account }).click()
  await mei.page.getByLabel(words.email).fill(email)
  await mei.page.getByLabel(words.password).fill(PASSWORD)
  await mei.page.getByRole('button', { name: words.signIn }).click()
  await mei.page.waitForURL(link)
  await mei.sees('half a sentence')
  await expect(mei.people.first()).toHaveAccessibleName(/^Mei /)
  await mei.goToEnd()
  await mei.type(', and the other')
  await mei.seesSaved()
})

test('a wrong password keeps what was typed and says so', async ({ newPerson }) => {
  const { page } = await newPerson()
  const email = newEmail()
  await signIn(page, email)
  await expect(page.getByRole('alert').filter({ hasText: words.problems.wrong })).toBeVisible()
  await expect(page.getByLabel(words.email)).toHaveValue(email)
})

for (const [language, scheme] of [
  ['en', 'light'],
  ['zh-TW', 'dark'],
] as const) {
  test(`axe finds nothing on the account pages, ${language}, ${scheme}`, async ({ newPerson, server }) => {
    const { page } = await newPerson()
    await page.context().addCookies([{ name: 'lang', value: language, url: server.url }])
    await page.emulateMedia({ colorScheme: scheme })
    const said = accountWordsIn(language)
    for (const [path, heading] of [
      ['/sign-in?problem=wrong', said.signIn],
      ['/sign-up', said.signUp],
      ['/reset/none', said.resetEnded],
    ] as const) {
      await page.goto(path)
      await expect(page.getByRole('heading', { name: heading, exact: true })).toBeVisible()
      await expectAccessible(page)
    }
    await page.request.post('/api/account/sign-up', {
      data: { email: newEmail(), password: PASSWORD, name: '小梅' },
    })
    await page.goto('/account')
    await page.getByLabel(said.tokenName, { exact: true }).fill('backup')
    await page.getByRole('button', { name: said.makeToken }).click()
    await expect(page.getByText(said.madeToken)).toBeVisible()
    await expectAccessible(page)
    await page.goto('/sign-out')
    await expectAccessible(page)
    await page.goto('/')
    await expectAccessible(page)
  })
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false })

  test('a person signs up, makes a token, signs out and in again', async ({ newPerson }) => {
    const { page } = await newPerson()
    const email = newEmail()
    await signUp(page, email, 'Mei')
    await page.goto('/account')
    await page.getByLabel(words.tokenName, { exact: true }).fill('backup')
    await page.getByRole('button', { name: words.makeToken }).click()
    await expect(page.locator('code')).toHaveText(/^cp_/)
    await signOut(page)
    await signIn(page, email, 'wrong password')
    await expect(page.getByRole('alert')).toHaveText(words.problems.wrong)
    await signIn(page, email)
    await page.waitForURL((url) => url.pathname === '/')
    await expect(page.getByRole('link', { name: 'Mei' })).toBeVisible()
  })
})

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const found = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`,
  )
  expect(found).toEqual([])
}
