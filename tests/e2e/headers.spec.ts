import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from '@playwright/test'
import { test } from './fixtures.ts'
import { watch, watchedPair } from './watched-page.ts'
import { words } from './writer.ts'

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

test('two people write a whole session, and nothing they do is against the policy', async ({
  newPerson,
  server,
}) => {
  test.slow()
  const { mei, wei, watches } = await watchedPair(newPerson, server.url)

  await mei.startWriting()
  await wei.open(await mei.copyLink())
  await mei.rename('Mei')
  await mei.title.fill('A whole session')
  await mei.body.click()
  await mei.type('# Heading\n**bold** and _italic_\n- one\ntwo\n\n[] task\n\n> quote\n\n```js\ncode\n')
  await wei.sees('Heading')
  await expect(wei.caretOf('Mei').first()).toBeAttached()

  await wei.goToEnd()
  await wei.press('Enter')
  await wei.type('and more')
  await wei.press('Control+a', 'Control+b', 'Control+z')
  await wei.press('Control+k')
  await wei.page.keyboard.type('https://example.org/')
  await wei.press('Enter', 'Escape')
  await wei.page.evaluate(() => navigator.clipboard.writeText('pasted'))
  await wei.goToEnd()
  await wei.press('Control+v')
  await mei.sees('pasted')

  await mei.openSaveDetails()
  await mei.press('Escape')
  await mei.page.getByRole('button', { name: words.more }).click()
  await mei.press('Escape')
  await mei.page.reload()
  await mei.sees('pasted')
  await mei.seesSaved()
  await mei.page.goto('/')
  await mei.page.getByRole('button', { name: words.theme }).click()
  await mei.page.getByRole('button', { name: words.themes.dark, exact: true }).click()
  await expect(mei.page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await mei.page.goto('/nothing/here')

  for (const { reports, executed, foreign } of watches)
    expect({ reports, executed, foreign }).toEqual({ reports: [], executed: [], foreign: [] })
})

test('what is against the policy does not run, and is seen', async ({ newPerson, server }) => {
  const mei = await newPerson()
  const seen = await watch(mei.page, server.url)
  await mei.page.goto('/')
  await mei.page.evaluate(() => {
    const place = document.createElement('div')
    document.body.append(place)
    place.innerHTML = `<img src="data:," onerror="planted('handler')"><style>body{color:red}</style>`
    const inline = document.createElement('script')
    inline.textContent = `planted('inline')`
    const foreign = document.createElement('script')
    foreign.src = 'https://example.org/planted.js'
    document.body.append(inline, foreign)
    const link = document.createElement('a')
    link.href = `javascript:planted('link')`
    document.body.append(link)
    link.click()
  })
  await expect.poll(() => seen.reports.join()).toMatch(/script-src-attr/)
  await expect.poll(() => seen.reports.join()).toMatch(/script-src-elem inline/)
  await expect.poll(() => seen.reports.join()).toMatch(/script-src-elem https:\/\/example.org/)
  await expect.poll(() => seen.reports.join()).toMatch(/style-src-elem/)
  expect(seen.executed).toEqual([])
  await mei.page.evaluate(() => fetch('https://example.org/').catch(() => undefined))
  await expect.poll(() => seen.reports.join()).toMatch(/connect-src https:\/\/example.org/)
})

test('no other site can show ours in a frame', async ({ newPerson, server }) => {
  const mei = await newPerson()
  await mei.page.route('http://other.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<iframe src="${server.url}/"></iframe>` }),
  )
  await mei.page.goto('http://other.example/')
  const [, frame] = mei.page.frames()
  await expect.poll(() => frame?.url()).toMatch(/^chrome-error:/)
})

test('a linked site does not learn the address it was opened from', async ({ newPerson }) => {
  const requests: IncomingHttpHeaders[] = []
  const outside = createServer((request, response) => {
    if (request.url === '/') requests.push(request.headers)
    response.end('outside')
  }).listen(0, '127.0.0.1')
  const mei = await newPerson()
  await mei.startWriting()
  const target = `http://localhost:${(outside.address() as AddressInfo).port}/`
  await mei.paste(`<a href="${target}">a link</a>`, 'text/html')
  const link = mei.body.getByRole('link', { name: 'a link' })
  await expect(link).toHaveAttribute('rel', /noreferrer/)
  // As if the link's own attributes were missing.
  await mei.page.evaluate((href) => window.open(href), target)
  await mei.page.evaluate((href) => window.location.assign(href), target)
  await expect.poll(() => requests.length).toBeGreaterThanOrEqual(2)
  for (const { referer, origin } of requests) expect([referer, origin]).toEqual([undefined, undefined])
  outside.close()
  outside.closeAllConnections()
})
