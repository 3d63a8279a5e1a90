import { expect } from '@playwright/test'
import { pathOf } from '#lib/protocol/urls.ts'
import { test } from './fixtures.ts'
import { words } from './writer.ts'

/** Read-only after a twentieth of it more, the socket closed after half of it more. A busy machine renews late. */
const TOKEN_LIFE_MS = 10_000

test.use({ serverEnv: { TOKEN_LIFE_MS: String(TOKEN_LIFE_MS) } })

const SESSION = `**${pathOf({ to: 'api', path: 'session' })}`

test('[DRAFT5] a token that ends while one types is renewed on the way, and no letter is lost or held up', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await wei.body.click()
  let sockets = 0
  let renewed = 0
  wei.page.on('websocket', () => sockets++)
  wei.page.on('request', (request) => {
    if (request.url().endsWith(pathOf({ to: 'api', path: 'session' }))) renewed++
  })
  let typed = ''
  while (renewed < 2) {
    typed += 'abc '
    await wei.type('abc ')
    await expect(wei.body).toBeEditable()
  }
  await wei.seesSaved()
  await mei.sees(typed.trimEnd())
  expect(sockets).toBe(0)
})

test('[DRAFT4] a renewal that is refused makes the page read only; what waits is sent when one is signed in again', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.type('before')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await wei.goToEnd()
  await wei.page.route(SESSION, (route) => route.fulfill({ status: 401, body: '{}' }))
  await expect(wei.page.getByRole('alert').filter({ hasText: words.chip.signedOut })).toBeVisible({
    timeout: 2 * TOKEN_LIFE_MS,
  })
  await expect(wei.body).toHaveAttribute('contenteditable', 'false')
  await wei.sees('before')
  await wei.page.unroute(SESSION)
  await expect(wei.body).toBeEditable({ timeout: 2 * TOKEN_LIFE_MS })
  await wei.goToEnd()
  await wei.type(' and after')
  await mei.sees('before and after')
  await wei.seesSaved()
})
