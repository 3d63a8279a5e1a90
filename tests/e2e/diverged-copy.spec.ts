import { expect, type Page } from '@playwright/test'
import type * as Y from 'yjs'
import { test } from './fixtures.ts'

interface EditorElement extends Element {
  readonly editor: {
    readonly state: { readonly plugins: readonly { spec: object; getState(state: object): unknown }[] }
  }
}

/**
 * Deletes the first characters of the text in this page alone, as a bug would: as if others had deleted them, and
 * nobody did.
 */
function losesFirst(page: Page, characters: number): Promise<void> {
  return page.evaluate(
    ({ characters }) =>
      new Promise((done) => {
        const { editor } = document.querySelector('.writing') as EditorElement
        const states = editor.state.plugins.map((plugin) => plugin.getState(editor.state))
        const sync = states.find((state): state is { doc: Y.Doc; type: Y.XmlFragment } =>
          Boolean(state && typeof state === 'object' && 'doc' in state && 'binding' in state),
        )
        sync?.doc.once('update', (_update: Uint8Array, outside: unknown) => {
          const text = (sync.type.get(0) as Y.XmlElement).get(0) as Y.XmlText
          setTimeout(() => {
            sync.doc.transact(() => text.delete(0, characters), outside)
            done()
          })
        })
      }),
    { characters },
  )
}

test('[CMP4] a copy that nobody else has is loaded anew, with a sentence, and the caret stays where it was', async ({
  newPerson,
}) => {
  const [mei, wei] = [await newPerson(), await newPerson()]
  await mei.page.clock.install()
  const workers: string[] = []
  mei.page.on('worker', (worker) => workers.push(worker.url()))
  await mei.startWriting()
  await mei.type('What everybody has.')
  await mei.seesSaved()
  await wei.open(mei.page.url())
  const lost = losesFirst(mei.page, 5)
  await wei.goTo({ line: 0, after: 19 })
  await wei.type(' And more.')
  await lost
  await expect(mei.body).toHaveText('everybody has. And more.')
  await mei.goTo({ line: 0, after: 9 })

  const notice = mei.page.getByText('Your copy differed from the server’s. It has been loaded anew.')
  await mei.page.clock.fastForward('02:00')
  await expect(async () => {
    await mei.page.clock.fastForward(5000)
    await expect(notice.first()).toBeVisible({ timeout: 500 })
  }).toPass({ timeout: 30_000 })
  await expect(mei.body).toHaveText('What everybody has. And more.')
  expect(workers).toHaveLength(3)
  expect(workers[0]).toContain('/_next/static/')

  await mei.type(' really')
  await expect(wei.body).toHaveText('What everybody really has. And more.')
  await mei.seesSaved()
})
