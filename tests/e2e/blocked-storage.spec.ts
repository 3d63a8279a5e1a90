import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, expect } from '@playwright/test'
import { test } from './fixtures.ts'
import { Writer, words } from './writer.ts'

/** Short, so that the token is renewed while the test runs: no cookie says who renews it. */
test.use({ serverEnv: { TOKEN_LIFE_MS: '3000' } })

test('a browser that blocks cookies and everything else a site could store writes along, in memory, and says so', async ({
  server,
  launchOptions,
  newPerson,
}) => {
  const profile = await mkdtemp(join(tmpdir(), 'commonplace-blocking-'))
  await mkdir(join(profile, 'Default'))
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } }
  await writeFile(join(profile, 'Default/Preferences'), JSON.stringify(settings))
  const context = await chromium.launchPersistentContext(profile, { ...launchOptions, baseURL: server.url })
  await context.addInitScript(() => {
    const refuse = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    }
    const block = (owner: object, names: readonly string[]) => {
      for (const name of names) Object.defineProperty(owner, name, { get: refuse, set: refuse })
    }
    block(window, ['indexedDB', 'localStorage', 'sessionStorage', 'caches', 'BroadcastChannel', 'Worker'])
    block(Navigator.prototype, ['locks', 'serviceWorker', 'storage', 'clipboard'])
    block(Crypto.prototype, ['randomUUID'])
    block(Document.prototype, ['cookie'])
  })
  const [mei, wei] = [new Writer(await context.newPage()), await newPerson()]
  const broken: Error[] = []
  mei.page.on('pageerror', (error) => broken.push(error))

  await mei.startWriting()
  await mei.type('kept nowhere but here')
  await mei.seesSaved()
  await mei.openSaveDetails()
  await expect(mei.page.getByText(words.save.onlyInTab)).toBeVisible()
  await mei.press('Escape')
  await wei.open(mei.page.url())
  await wei.sees('kept nowhere but here')
  await wei.goToEnd()
  await wei.type(', and there')
  await mei.sees('here, and there')

  const renewed = await mei.page.waitForResponse((response) => response.url().endsWith('/api/session'))
  expect(renewed.status()).toBe(200)
  await mei.goToEnd()
  await mei.type(' again')
  await wei.sees('and there again')
  await mei.page.reload()
  await mei.sees('and there again')
  expect(broken).toEqual([])

  await context.close()
  await rm(profile, { recursive: true, force: true })
})
