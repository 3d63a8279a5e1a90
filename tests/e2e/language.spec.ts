import { expect } from '@playwright/test'
import * as Y from 'yjs'
import { encodeUpdates } from '#lib/protocol/log-row.ts'
import { encodeBatch } from '#lib/protocol/messages/update.ts'
import { addressIn } from '#lib/protocol/urls.ts'
import { LANGUAGES, type Language } from '#lib/ui/words/language.ts'
import { type Words, wordsIn } from '#lib/ui/words/page-words.ts'
import { Guest, join } from '../server/guest.ts'
import { startCuttableProxy } from '../support/cuttable-proxy.ts'
import { test } from './fixtures.ts'
import { words as english, type Writer } from './writer.ts'

/** From one language to the other and back, with the words of each. */
const SWITCHES = LANGUAGES.toReversed().map((to) => {
  const from: Language = to === 'en' ? 'zh-TW' : 'en'
  return { from: wordsIn(from), to: wordsIn(to) }
})

/** Chooses a language in the ⋯ menu. */
async function choose({ page }: Writer, { from, to }: { from: Words; to: Words }): Promise<void> {
  await page.getByRole('button', { name: from.more, exact: true }).click()
  await page.getByRole('menuitemradio', { name: to.languageName }).click()
}

test('what an empty text says follows the language, by the menu and by the line below', async ({
  newPerson,
}) => {
  const mei = await newPerson()
  await mei.startWriting()
  const first = mei.page.locator('.writing > *')
  await expect(first).toHaveAttribute('data-placeholder', english.emptyBody)
  for (const { from, to } of SWITCHES) {
    await choose(mei, { from, to })
    await expect(first).toHaveAttribute('data-placeholder', to.emptyBody)
    await expect(mei.page.getByPlaceholder(to.untitled)).toBeVisible()
  }
  await mei.page.getByRole('textbox', { name: english.body }).click()
  await mei.type('# ')
  for (const { to } of SWITCHES) {
    await mei.page.getByRole('contentinfo').getByRole('button', { name: to.languageName }).click()
    await expect(first).toHaveAttribute('data-placeholder', to.emptyHeading(1))
  }
})

test('tasks, and placeholders for content of a newer version, follow the language where they are', async ({
  newPerson,
  server,
}) => {
  const proxy = await startCuttableProxy(server.url)
  const mei = await newPerson(proxy.url)
  await mei.startWriting()
  await mei.type('[ ] milk')
  await mei.seesSaved()
  // The words of the other language are fetched when they are needed, which is not possible later.
  for (const { from, to } of SWITCHES) {
    await choose(mei, { from, to })
    await expect(mei.page.getByRole('textbox', { name: to.body })).toBeVisible()
  }
  const address = addressIn(new URL(mei.page.url()).pathname) ?? ''
  const socket = await new Guest(server.url).connect()
  const { room } = await join(socket, { address, clientId: 7 })
  const newer = new Y.Doc()
  newer.clientID = 7
  newer.getXmlFragment('body').insert(0, [new Y.XmlElement('table')])
  const payload = encodeUpdates([Y.encodeStateAsUpdate(newer)])
  socket.emit(
    'document:update',
    encodeBatch({ room, clientId: 7, n: 1, part: 0, parts: 1, restore: false, payload }),
  )
  await expect(mei.body.getByText(english.unknownContent)).toBeVisible()
  // The server will remove it soon; keep that from reaching the page.
  proxy.hold()
  socket.disconnect()
  for (const { from, to } of SWITCHES) {
    await choose(mei, { from, to })
    const body = mei.page.getByRole('textbox', { name: to.body })
    await expect(body.getByRole('checkbox', { name: to.taskDone('milk'), exact: true })).toBeVisible()
    await expect(body.getByText(to.unknownContent)).toBeVisible()
    await expect(body.getByText(from.unknownContent)).toHaveCount(0)
  }
  await proxy.close()
})
