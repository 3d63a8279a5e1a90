import { chromium } from '@playwright/test'
import { readFileSync, mkdirSync } from 'node:fs'
const { startServer } = await import('/tmp/w/wt/d/tests/support/server-process.ts')
const out = '/tmp/w/d-shots'; mkdirSync(out, { recursive: true })
const server = await startServer({ env: { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'y', OIDC_NAME: 'Example School' } })
const exe = readFileSync('/tmp/w/wt/d/node_modules/.bootstrap/chromium', 'utf8')
const browser = await chromium.launch({ executablePath: exe, args: ['--no-sandbox', '--disable-gpu'] })
const setup = /\/setup\/[\w-]+/.exec(server.logs())![0]
const ctx = await browser.newContext({ baseURL: server.url })
const page = await ctx.newPage()
page.on('console', (m) => console.log('console', m.type(), m.text()))
page.on('pageerror', (e) => console.log('pageerror', e.message))
let n = 0
async function shots(name: string, path: string, only?: string[]) {
  for (const [w, h] of [[1440, 900], [390, 844]]) for (const scheme of ['light', 'dark'] as const) for (const lang of ['en', 'zh-TW']) {
    const key = `${w}-${scheme}-${lang}`
    if (only && !only.includes(key)) continue
    await page.setViewportSize({ width: w!, height: h! })
    await page.emulateMedia({ colorScheme: scheme })
    await ctx.addCookies([{ name: 'lang', value: lang, url: server.url }])
    const answer = await page.goto(path)
    if (answer && answer.status() >= 400) console.log(name, answer.status())
    await page.screenshot({ path: `${out}/${name}-${key}.png`, fullPage: true })
  }
}
const A = ['1440-light-en', '390-dark-zh-TW', '390-light-en', '1440-dark-zh-TW']
await shots('sign-in', '/sign-in', A)
await shots('sign-in-wrong', '/sign-in?problem=wrong', ['390-light-en'])
await shots('sign-up', '/sign-up', A)
await shots('setup', setup, A)
await ctx.addCookies([{ name: 'lang', value: 'en', url: server.url }])
await page.goto(setup)
await page.fill('[name=email]', 'mei@example.org'); await page.fill('[name=password]', 'correct horse battery'); await page.fill('[name=name]', 'Mei Lin')
await page.click('button[type=submit]')
await page.waitForURL('**/admin')
// some people and documents
for (let i = 0; i < 4; i++) {
  const c = await browser.newContext({ baseURL: server.url }); const p = await c.newPage()
  await p.request.post('/api/account/sign-up', { data: { email: `somebody.with.a.long.name-${i}@department.example.org`, password: 'correct horse battery', name: i % 2 ? '' : 'Wei-Han Chen' } })
  const r = await p.request.post('/api/documents', { data: {} }); console.log(r.status())
  await c.close()
}
await shots('admin', '/admin', A)
await page.getByRole('button', { name: 'Reset link' }).nth(1).click().catch(() => page.locator('button[value=reset]').nth(1).click())
await page.waitForLoadState()
await page.screenshot({ path: `${out}/admin-reset.png`, fullPage: true })
const link = await page.locator('.sheet-secret code').textContent()
await shots('reset', new URL(link!).pathname, A)
await shots('account', '/account', A)
await ctx.addCookies([{ name: 'lang', value: 'en', url: server.url }])
await page.goto('/account')
await page.fill('#token-name', 'Nightly backup'); await page.getByRole('button', { name: 'Make a token' }).click(); await page.waitForLoadState()
await page.screenshot({ path: `${out}/account-token.png`, fullPage: true })
await shots('sign-out', '/sign-out', A)
await shots('front', '/', A)
await browser.close(); await server.stop()
console.log(server.logs())
