import { expect, type Locator } from '@playwright/test'
import * as Y from 'yjs'
import { decodeEntries, encodeUpdates } from '#lib/protocol/log-row.ts'
import { decodeRow, encodeBatch } from '#lib/protocol/messages/update.ts'
import { addressIn } from '#lib/protocol/urls.ts'
import { Guest, join } from '../server/guest.ts'
import { test } from './fixtures.ts'
import { photograph } from './photographs.ts'
import { type Watch, watch, watchedPair } from './watched-page.ts'
import { type Writer, words } from './writer.ts'

/** Markup that would call `planted`, in as many ways as browsers know. */
const MARKUP = [
  `<script>planted('script')</script>`,
  `</script><script>planted('script after script')</script>`,
  `</title><script>planted('script after title')</script>`,
  `<img src=x onerror="planted('img')">`,
  `<svg onload="planted('svg')"><script>planted('svg script')</script><a xlink:href="javascript:planted('xlink')"><text y=20>x</text></a></svg>`,
  `<iframe srcdoc="<script>parent.planted('srcdoc')</script>"></iframe>`,
  `<iframe src="javascript:parent.planted('iframe')"></iframe>`,
  `<object data="data:text/html,<script>planted('object')</script>"></object>`,
  `<math><maction actiontype="statusline" xlink:href="javascript:planted('math')">x</maction></math>`,
  `<details open ontoggle="planted('toggle')"></details>`,
  `<input autofocus onfocus="planted('focus')">`,
  `<style>@import 'javascript:planted(1)'; * { background: url("javascript:planted('css')") }</style>`,
  `<p style="animation: x" onanimationstart="planted('animation')" onclick="planted('click')">clickable</p>`,
  `<form action="javascript:planted('form')"><button>press</button></form>`,
  `<base href="https://evil.invalid/">`,
  `<meta http-equiv="refresh" content="0;url=javascript:planted('refresh')">`,
  `<link rel="stylesheet" href="https://evil.invalid/x.css">`,
  `"'><img src=x onerror=planted('quote')>`,
  `<noscript><p title="</noscript><img src=x onerror=planted('noscript')>">`,
  `<template><script>planted('template')</script></template>`,
]
const TARGETS = [
  `javascript:planted('link')`,
  ` javascript:planted('space')`,
  `JaVaScRiPt:planted('case')`,
  `java\nscript:planted('newline')`,
  `java\tscript:planted('tab')`,
  `\u0001javascript:planted('control')`,
  `data:text/html,<script>opener.planted('data')</script>`,
  `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="planted('svg')"/>`,
  `vbscript:planted(1)`,
  `blob:http://127.0.0.1/x`,
  `file:///etc/passwd`,
  `https://example.org/" onmouseover="planted('attribute')`,
]

const UNTOUCHED: Watch = { executed: [], foreign: [], reports: [] }

/** With the policy and without it: the policy is the second line of defence, and nothing may get that far. */
for (const bypassCSP of [false, true]) {
  test.describe(bypassCSP ? 'without the policy' : 'with the policy', () => {
    test.use({ bypassCSP })

    test('hostile markup that is pasted is text, and runs nowhere', async ({ newPerson, server }) => {
      const mei = await newPerson()
      const seen = await watch(mei.page, server.url)
      await mei.startWriting()
      const links = TARGETS.map((href) => `<a href="${href.replaceAll('"', '&quot;')}">a link</a>`)
      for (const html of [...MARKUP, ...links, `<p>all</p>${MARKUP.join('')}${links.join('')}`]) {
        await mei.paste(html, 'text/html')
      }
      await mei.goToEnd()
      await mei.press('Enter')
      await mei.type('honest text')
      await mei.seesSaved()
      expect(await unsafeIn(mei.body)).toEqual([])
      await followLinks(mei)
      await mei.page.reload()
      await mei.sees('honest text')
      // Pasted content is parsed in a document that runs nothing; the policy reports violations there too.
      expect({ ...seen, reports: [] }).toEqual(UNTOUCHED)
    })

    test('content that hostile clients write past the editor runs in no browser', async ({
      newPerson,
      server,
    }) => {
      test.slow()
      const { mei, wei, watches } = await watchedPair(newPerson, server.url)
      await mei.startWriting()
      await mei.type('honest text')
      await mei.seesSaved()
      const address = addressIn(mei.page.url()) ?? ''
      const writes = hostileWrites()
      const answers: string[] = []
      for (const write of writes) {
        const hostile = await hostileClient(server.url, address)
        answers.push(await hostile.send(write))
        hostile.close()
      }
      expect(answers.filter((answer) => answer === 'accepted').length).toBeGreaterThan(writes.length / 2)
      const stays = await hostileClient(server.url, address)

      await mei.sees('honest text')
      await mei.goToEnd()
      await mei.press('Enter')
      await mei.type('still writing')
      await mei.seesSaved()
      await wei.open(mei.page.url())
      await wei.sees('still writing')
      for (const person of [mei, wei]) {
        expect(await unsafeIn(person.body)).toEqual([])
        await followLinks(person)
        await expect(person.people).toHaveCount(3)
        await person.people.last().click()
        await person.press('Escape')
      }
      // The title is shown in the list and in what the server renders.
      const front = await mei.page.context().newPage()
      watches.push(await watch(front, server.url))
      const listed = async () => {
        await front.goto('/')
        return front.locator('.recent').textContent()
      }
      await expect.poll(listed, { timeout: 25_000 }).toContain('</title>')
      await front.goto(mei.page.url())
      await expect(front.getByRole('textbox').first()).toBeVisible()
      stays.close()
      for (const seen of watches) expect(seen).toEqual(UNTOUCHED)
    })
  })
}

test('what a link carries in its path, its query and its cookies is not markup', async ({
  newPerson,
  server,
}) => {
  const mei = await newPerson()
  const seen = await watch(mei.page, server.url)
  const { hostname } = new URL(server.url)
  for (const markup of MARKUP) {
    const value = encodeURIComponent(markup)
    await mei.page.context().addCookies([
      { name: 'lang', value, domain: hostname, path: '/' },
      { name: 'theme', value, domain: hostname, path: '/' },
    ])
    for (const path of [`/?open=${value}`, `/d/${value}`, `/${value}`, `/?${value}#${value}`])
      await mei.page.goto(path)
  }
  expect(seen).toEqual(UNTOUCHED)
})

test('[CHECK1] who wrote what the document cannot hold is told so, and writes on', async ({
  newPerson,
  server,
}) => {
  const mei = await newPerson()
  await mei.startWriting()
  await mei.type('honest text')
  await mei.seesSaved()
  const herself = new Guest(server.url)
  const cookies = await mei.page.context().cookies()
  herself.cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const strange = await client(herself, addressIn(mei.page.url()) ?? '')
  // In the title, because the page's editor removes content outside the schema from the body itself.
  await strange.send((doc) => doc.getText('title').insertEmbed(0, { image: 'none' }))
  const notice = mei.page.locator('.notice').filter({ hasText: words.notices.schemaBroken })
  await expect(notice).toBeVisible({ timeout: 25_000 })
  await photograph(mei, 'notices', 'schema-broken')
  await mei.goToEnd()
  await mei.type(', and more')
  await mei.sees('honest text, and more')
  await mei.seesSaved()
  await expect(notice).toBeVisible()
})

/** Joins the document with its own socket, as a guest with a hostile name. */
async function hostileClient(url: string, address: string) {
  const guest = new Guest(url)
  await guest.session()
  await guest.post('/api/session/profile', { name: '<img src=x onerror=planted(1)>', hue: 1 })
  return client(guest, address)
}

/** Joins the document with its own socket. */
async function client(guest: Guest, address: string) {
  const socket = await guest.connect()
  const doc = new Y.Doc()
  const { room } = await join(socket, { address, clientId: doc.clientID })
  return {
    /** Sends the changes that `write` makes to an empty copy. Returns 'accepted', or the code of the refusal. */
    send(write: (doc: Y.Doc) => void): Promise<string> {
      write(doc)
      const batch = { room, clientId: doc.clientID, n: 1, part: 0, parts: 1, restore: false }
      socket.emit(
        'document:update',
        encodeBatch({ ...batch, payload: encodeUpdates([Y.encodeStateAsUpdate(doc)]) }),
      )
      return new Promise((resolve) => {
        socket.on('document:update', (row) => {
          const { entries } = decodeRow(row)
          if (decodeEntries(entries).some(({ clientId }) => clientId === doc.clientID)) resolve('accepted')
        })
        socket.on('document:ack', ({ refusal }) => resolve(refusal?.code ?? 'accepted'))
        socket.on('disconnect', resolve)
      })
    },
    close: () => socket.disconnect(),
  }
}

async function followLinks({ body }: Writer): Promise<void> {
  for (const link of await body.locator('a').all()) await link.click({ modifiers: ['Control'], force: true })
}

function hostileWrites(): ((doc: Y.Doc) => void)[] {
  const body = (doc: Y.Doc) => doc.getXmlFragment('body')
  const paragraph = (text: string, marks: Record<string, unknown> = {}) => {
    const block = new Y.XmlElement('paragraph')
    const inline = new Y.XmlText()
    inline.insert(0, text, marks)
    block.insert(0, [inline])
    return block
  }
  const element = (name: string, attributes: Record<string, string>) => {
    const made = new Y.XmlElement(name)
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    const text = new Y.XmlText()
    text.insert(0, `inside ${name}`)
    made.insert(0, [text])
    return made
  }
  const attributes = {
    onclick: `planted('onclick')`,
    onload: `planted('onload')`,
    style: `background:url(javascript:planted('style'))`,
    href: `javascript:planted('href')`,
    src: `javascript:planted('src')`,
    srcdoc: `<script>parent.planted('srcdoc')</script>`,
    class: `"><img src=x onerror=planted('class')>`,
    dir: `"><img src=x onerror=planted('dir')>`,
    level: `1"><img src=x onerror=planted('level')>`,
    language: `"><img src=x onerror=planted('language')>`,
    start: `"><img src=x onerror=planted('start')>`,
    checked: `"><img src=x onerror=planted('checked')>`,
  }
  return [
    ...MARKUP.map((markup) => (doc: Y.Doc) => body(doc).insert(0, [paragraph(markup)])),
    ...TARGETS.map(
      (href) => (doc: Y.Doc) =>
        body(doc).insert(0, [
          paragraph('a link', { link: { href, target: '_self', rel: 'x', class: attributes.class } }),
        ]),
    ),
    ...[
      'paragraph',
      'heading',
      'codeBlock',
      'orderedList',
      'taskItem',
      'horizontalRule',
      'script',
      'img',
      'svg',
      'iframe',
      'a',
      'link',
      'constructor',
      'hasOwnProperty',
    ].map((name) => (doc: Y.Doc) => body(doc).insert(0, [element(name, attributes)])),
    (doc) =>
      body(doc).insert(0, [
        paragraph('unknown marks', { script: attributes, style: attributes, bold: attributes }),
      ]),
    (doc) =>
      doc
        .getText('title')
        .insert(0, `</title><script>planted('title')</script><img src=x onerror=planted('title')>`),
  ]
}

/** Returns elements, attributes and targets that our editors never create. */
function unsafeIn(body: Locator): Promise<string[]> {
  return body.evaluate((element) =>
    [...element.querySelectorAll('*')].flatMap((each) => {
      const attributes = [...each.attributes].filter(
        ({ name, value }) =>
          /^on/i.test(name) ||
          /^\s*(javascript|data|vbscript|blob|file):/i.test(value.replace(/[\0-\x20]/g, '')),
      )
      const found = attributes.map(({ name, value }) => `${each.tagName} ${name}=${value}`)
      return /^(script|iframe|object|embed|svg|style|link|base|meta|form)$/i.test(each.tagName)
        ? [each.tagName, ...found]
        : found
    }),
  )
}
