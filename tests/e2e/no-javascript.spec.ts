import { expect } from '@playwright/test'
import { addressIn } from '#lib/protocol/urls.ts'
import { LANGUAGE_COOKIE } from '#lib/ui/preferences.ts'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { LANGUAGES } from '#lib/ui/words/language.ts'
import { test } from './fixtures.ts'
import { photograph } from './photographs.ts'
import { frontWords, words } from './writer.ts'

test.use({ javaScriptEnabled: false })

test('without JavaScript the front page starts a document, which says what is missing', async ({
  newPerson,
}) => {
  const { page } = await newPerson()
  await page.goto('/')
  await page.getByRole('button', { name: frontWords.start }).click()
  await page.waitForURL((url) => addressIn(url.pathname) !== null)
  // With Playwright's switch for JavaScript <noscript> is not rendered, so look at the HTML that was sent.
  expect(await page.content()).toContain(words.needsJavaScript)
  await page.goto('/')
  await expect(page.getByRole('link', { name: words.untitled })).toBeVisible()
})

for (const language of LANGUAGES) {
  test(`a form that is refused leads to a page that says why, and back, ${language}`, async ({
    newPerson,
    server,
  }) => {
    const person = await newPerson()
    const { page } = person
    await page.context().addCookies([{ name: LANGUAGE_COOKIE, value: language, url: server.url }])
    const say = frontWordsIn(language)
    await page.goto('/')
    await page.getByLabel(say.openLabel).evaluate((field: HTMLInputElement) => {
      field.removeAttribute('maxlength')
    })
    await page.getByLabel(say.openLabel).fill('x'.repeat(3000))
    await page.getByRole('button', { name: say.open, exact: true }).click()
    await expect(page.getByRole('heading', { name: say.refused.title })).toBeVisible()
    await expect(page.getByText(say.refused.unclear)).toBeVisible()
    await photograph(person, 'refused', `unclear-${language}`)
    await page.goto('/refused?code=unauthenticated')
    await expect(page.getByText(say.refused.signInFirst)).toBeVisible()
    await photograph(person, 'refused', `sign-in-${language}`)
    await page.getByRole('link', { name: say.refused.back }).click()
    await expect(page.getByRole('button', { name: say.start })).toBeVisible()
  })
}
