import { expect } from '@playwright/test'
import { Decoder } from '#lib/protocol/packet-parser.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { startCuttableProxy } from '../support/cuttable-proxy.ts'
import { test } from './fixtures.ts'
import {
  accessChip,
  draftOf,
  expectAccessible,
  letLink,
  openShare,
  photographRevocation,
  say,
  together,
} from './sharing-scene.ts'
import { type Writer, words } from './writer.ts'

const { access, chip } = words

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

test('lowered while the person types: nothing is accepted after, and every letter is in the text or in the draft', async ({
  newPerson,
}) => {
  const { mei, wei } = await together(newPerson)
  const typing = wei.page.keyboard.type(' and the quick brown fox jumps over the lazy dog'.repeat(6), {
    delay: 5,
  })
  await mei.sees('fox')
  await photographRevocation(wei, '1-editing')
  await letLink(mei, 'viewer')
  await expect(accessChip(wei)).toBeVisible()
  await typing
  await expect(wei.body).toHaveAttribute('contenteditable', 'false')
  await photographRevocation(wei, '2-lowered')
  await expect.poll(async () => (await wei.lines()).join()).toBe((await mei.lines()).join())
  const end = (await mei.lines()).join()
  await wei.page.reload()
  await wei.sees(end)
  expect((await mei.lines()).join()).toBe(end)
})

/**
 * Counts, on the sockets that a page opens from now on, the batches sent and the role events received, and notes when
 * the first role event came.
 */
function followed({ page }: Writer) {
  const found = { batches: 0, roles: 0, firstRole: Number.NaN }
  page.on('websocket', (socket) => {
    const sent = new Decoder()
    sent.on('decoded', ({ data }) => {
      if (Array.isArray(data) && data[0] === 'document:update') found.batches++
    })
    socket.on('framesent', ({ payload }) => {
      if (typeof payload !== 'string') sent.add(payload)
    })
    socket.on('framereceived', ({ payload }) => {
      if (typeof payload !== 'string' || !payload.includes('"document:role"')) return
      found.roles++
      if (found.roles === 1) found.firstRole = performance.now()
    })
  })
  return found
}

// Needs the frames of the sockets, which Firefox does not expose.
test('[DRAFT1] lowered with batches on their way: none is accepted after, and the draft holds every letter of them', {
  tag: '@chromium',
}, async ({ newPerson, server }) => {
  const proxy = await startCuttableProxy(server.url)
  const [mei, wei, ...readers] = [
    await newPerson(),
    await newPerson(proxy.url),
    await newPerson(),
    await newPerson(),
  ]
  const sockets = [wei, ...readers].map(followed)
  const [ofWei] = sockets
  await mei.startWriting()
  await mei.type('Minutes')
  await mei.seesSaved()
  const path = new URL(mei.page.url()).pathname
  for (const each of [wei, ...readers]) {
    await each.open(path)
    await each.sees('Minutes')
  }
  await wei.goToEnd()
  await wei.type(', sent')
  await mei.sees('Minutes, sent')
  await wei.seesSaved()

  proxy.hold()
  const sent = ofWei?.batches ?? 0
  expect(sent).toBeGreaterThan(0)
  await wei.type(', on the way')
  await expect.poll(() => ofWei?.batches).toBeGreaterThan(sent)
  const dialog = await openShare(mei)
  const viewing = dialog.getByRole('radio', { name: say.linkRoles.viewer })
  await viewing.scrollIntoViewIfNeeded()
  const clicked = performance.now()
  await viewing.click()
  await expect.poll(() => sockets.map(({ roles }) => roles)).toEqual([1, 1, 1])
  const ms = sockets.map(({ firstRole }) => Math.round(firstRole - clicked))
  console.log(`from the owner's click to the role event at 3 sockets: ${ms.join(', ')} ms`)
  await mei.press('Escape')

  await expect(accessChip(wei)).toBeVisible()
  await expect(wei.body).toHaveAttribute('contenteditable', 'false')
  await wei.type(', too late')
  proxy.restore()
  const draft = draftOf(wei)
  await expect(draft.getByLabel(say.draftText)).toHaveText('Minutes, sent, on the way')
  await expect(draft.getByRole('button', { name: say.draftCopy })).toBeVisible()
  await expect(draft.getByRole('button', { name: say.draftDownload })).toBeVisible()
  await expect(draft.getByRole('button', { name: access.ask })).toBeVisible()
  await expect(wei.body).toHaveText('Minutes, sent')
  await photographRevocation(wei, '3-draft')
  await mei.page.reload()
  await expect(mei.body).toHaveText('Minutes, sent')
  await wei.page.reload()
  await expect(draft.getByLabel(say.draftText)).toHaveText('Minutes, sent, on the way')
  await proxy.close()
})

test('typed offline and refused: the text is the server’s, the draft is shown, copied, kept over a reload, put in when allowed', async ({
  newPerson,
}) => {
  const { mei, wei } = await together(newPerson)
  await wei.page.context().setOffline(true)
  await wei.type(', written on a train')
  await wei.sees('Minutes, written on a train')
  await wei.seesOnDevice()
  await wei.press('Escape')
  await letLink(mei, 'viewer')
  await wei.page.context().setOffline(false)

  const draft = draftOf(wei)
  await expect(draft).toContainText('Minutes, written on a train')
  await expect(wei.body).toHaveText('Minutes')
  await expectAccessible(wei.page)
  await draft.getByRole('button', { name: say.draftCopy }).click()
  expect(await wei.page.evaluate(() => navigator.clipboard.readText())).toBe('Minutes, written on a train')
  expect((await mei.lines()).join()).toBe('Minutes')

  await wei.page.reload()
  await expect(draft).toContainText('Minutes, written on a train')
  await draft.getByRole('button', { name: access.ask }).click()
  const asked = mei.page.getByRole('region', { name: access.ask.toLowerCase().replace('ask', 'asks') })
  await expect(asked).toBeVisible()
  await photographRevocation(wei, '4-draft-asked')
  await photographRevocation(mei, '5-owner-is-asked')
  await asked.getByRole('button', { name: access.allow }).click()
  await expect(draft.getByRole('button', { name: say.draftPutIn })).toBeVisible()
  await photographRevocation(wei, '6-draft-allowed')
  await draft.getByRole('button', { name: say.draftPutIn }).click()
  await mei.sees('Minutes, written on a train')
  await expect(draft).toBeHidden()
  await wei.seesSaved()
})

/** Returns the first line on the screen, and how far it begins below the upper edge, px. */
function firstInView({ page }: Writer): Promise<{ line: string; at: number }> {
  return page.evaluate(() => {
    const top = document.querySelector('main.page')?.getBoundingClientRect().top ?? 0
    const blocks = [...document.querySelectorAll('.writing > *')]
    const first = blocks.find((block) => block.getBoundingClientRect().bottom > top + 1)
    return { line: first?.textContent ?? '', at: Math.round((first?.getBoundingClientRect().top ?? 0) - top) }
  })
}

test('[DRAFT2] in a long text the visible part stays where it is when the draft is set aside, and the draft is one press away', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.startWriting()
  await mei.paste(Array.from({ length: 90 }, (_, i) => `<p>Line ${i}</p>`).join(''), 'text/html')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  await wei.sees('Line 89')
  await wei.body.getByText('Line 50', { exact: true }).click()
  await wei.press('End')
  await wei.page.context().setOffline(true)
  await wei.type(', on a train')
  await wei.seesOnDevice()
  await wei.press('Escape')
  const before = await firstInView(wei)
  expect(Number(before.line.slice(5))).toBeGreaterThan(10)
  await letLink(mei, 'viewer')
  await wei.page.context().setOffline(false)

  const hint = wei.page.getByRole('button', { name: say.draftShow })
  await expect(hint).toBeInViewport()
  await expect(wei.body).not.toContainText('on a train')
  const after = await firstInView(wei)
  expect(after.line).toBe(before.line)
  expect(Math.abs(after.at - before.at)).toBeLessThanOrEqual(2)
  await photographRevocation(wei, '14-draft-out-of-view')
  await hint.click()
  await expect(draftOf(wei)).toBeInViewport({ ratio: 1 })
  await expect(draftOf(wei)).toContainText('Line 50, on a train')
  await expect(hint).toBeHidden()
})

test('a draft outlives the text that it was typed into, however long the next one takes to open', async ({
  newPerson,
}) => {
  const { mei, wei } = await together(newPerson)
  await wei.page.context().setOffline(true)
  await wei.type(', at leisure')
  await wei.seesOnDevice()
  await wei.press('Escape')
  await letLink(mei, 'viewer')
  // The text without the draft opens once the page has everything to show the draft, and time for it.
  const card = wei.page.waitForResponse((response) => response.url().includes('/_next/static/'))
  await wei.page.route(`**${pathOf({ to: 'api', path: 'session' })}`, async (route) => {
    await (await card).finished()
    await wei.page.evaluate(async () => {
      for (let frame = 0; frame < 30; frame++) await new Promise(requestAnimationFrame)
    })
    await route.continue()
  })
  await wei.page.context().setOffline(false)
  await expect(wei.body).toHaveText('Minutes')
  await expect(draftOf(wei)).toContainText('Minutes, at leisure')
  await wei.page.unrouteAll()
  await wei.page.reload()
  await expect(draftOf(wei)).toContainText('Minutes, at leisure')
})

test('a new link disconnects people who came by the old one, and looks to them as if there were nothing', async ({
  newPerson,
}) => {
  const { mei, wei } = await together(newPerson)
  const old = wei.page.url()
  const dialog = await openShare(mei)
  await dialog.getByRole('button', { name: say.settings }).click()
  await dialog.getByRole('button', { name: say.renew }).click()
  await expect(dialog.getByText(say.renewAsk(1))).toBeVisible()
  await photographRevocation(mei, '7-owner-renews')
  await dialog.getByRole('button', { name: say.renew }).click()
  await expect(dialog.getByText(say.renewed(1))).toBeVisible()
  const link = await dialog.getByRole('textbox', { name: say.link }).inputValue()
  expect(link).not.toBe(old)

  await expect(wei.page.getByRole('alert').filter({ hasText: chip.linkChanged })).toBeVisible()
  await expect(wei.body).toHaveText('Minutes')
  await expect(wei.body).toHaveAttribute('contenteditable', 'false')
  await photographRevocation(wei, '8-withdrawn')
  await expectAccessible(wei.page)
  await wei.page.reload()
  await expect(wei.page.getByRole('heading', { name: words.notFound })).toBeVisible()
  await photographRevocation(wei, '9-withdrawn-reloaded')
  await wei.open(link)
  await wei.sees('Minutes')
})

test('words that were not sent are found on the page that says there is nothing', async ({ newPerson }) => {
  const { mei, wei } = await together(newPerson)
  const link = wei.page.url()
  await wei.page.context().setOffline(true)
  await wei.type(' nobody has seen')
  await wei.sees('Minutes nobody has seen')
  await wei.seesOnDevice()
  await letLink(mei, 'nobody')
  await wei.page.context().setOffline(false)
  await expect(draftOf(wei)).toContainText('Minutes nobody has seen')
  await photographRevocation(wei, '10-withdrawn-draft')
  await wei.page.goto(link)
  await expect(wei.page.getByRole('heading', { name: words.notFound })).toBeVisible()
  const draft = draftOf(wei)
  await expect(draft).toContainText('Minutes nobody has seen')
  await expectAccessible(wei.page)
  await photographRevocation(wei, '11-not-found-draft')
  await draft.getByRole('button', { name: say.draftDiscard }).click()
  await draft.getByRole('button', { name: say.draftDiscardAsk }).click()
  await expect(draft).toBeHidden()
  await wei.page.reload()
  await expect(wei.page.getByRole('heading', { name: words.notFound })).toBeVisible()
  await expect(draft).toBeHidden()
})
