import { expect } from '@playwright/test'
import { test } from './fixtures.ts'

test('[DRAFT6] words typed into a block that another user turns into a heading meanwhile are shown and put back', async ({
  newPerson,
}) => {
  const [mei, akira] = [await newPerson(), await newPerson()]
  /** Messages of the server to Mei, while they are held back. */
  let held: (() => void)[] | null = null
  await mei.page.routeWebSocket(
    (url) => url.pathname.startsWith('/socket'),
    (page) => {
      const server = page.connectToServer()
      page.onMessage((message) => server.send(message))
      server.onMessage((message) => {
        if (held) held.push(() => page.send(message))
        else page.send(message)
      })
    },
  )
  await akira.startWriting()
  await akira.type('para')
  await akira.seesSaved()
  await mei.open(akira.page.url())
  await mei.sees('para')

  held = []
  await akira.page.keyboard.press('ControlOrMeta+Alt+2')
  await akira.seesSaved()
  await mei.goTo({ line: 0, after: 4 })
  await mei.type('，還有這些字')
  for (const pass of held.splice(0)) pass()
  held = null

  const card = mei.page.getByRole('region', { name: 'Some of your words are not in the document' })
  await expect(card.getByLabel('What you typed')).toHaveText('，還有這些字')
  await card.getByRole('button', { name: 'Put them in' }).click()
  await akira.sees('還有這些字')
  await expect(card).toBeHidden()
})
