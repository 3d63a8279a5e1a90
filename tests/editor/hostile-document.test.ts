import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { checkSchema } from '#lib/document/schema-check.ts'
import { BREACHES } from '../collab/breaches.ts'
import { type CollaborationServer, startCollaboration } from '../support/collaboration.ts'
import { paragraphOf } from '../support/paragraph.ts'
import { until } from '../support/writer.ts'
import { Replica } from './replica.ts'

/* Hostile updates over real sockets, against the editor of an honest client and against the server's own check. */

const CHECKED_WITHIN_MS = 30_000

let server: CollaborationServer
beforeAll(async () => {
  server = await startCollaboration()
})
afterAll(() => server.close())

/** Sets up a document with honest text by a client with an editor, and a hostile client without one. */
async function meeting(): Promise<{ honest: CollabProvider; editor: Replica; hostile: CollabProvider }> {
  const [ada, mallory] = await Promise.all([server.guest(), server.guest()])
  const { address } = await server.document(ada)
  const editor = new Replica(100)
  const honest = server.open(address, ada, { doc: editor.doc })
  await until(honest, () => honest.synced)
  editor.doc.transact(() => {
    const heading = new Y.XmlElement('heading')
    heading.setAttribute('level', 2 as never)
    heading.insert(0, [new Y.XmlText('honest words')])
    const [list, item] = [new Y.XmlElement('bulletList'), new Y.XmlElement('listItem')]
    item.insert(0, [paragraphOf('item')])
    list.insert(0, [item])
    editor.fragment.insert(0, [heading, list])
    editor.doc.getText('title').insert(0, 'Title')
  })
  await honest.flushed()
  const hostile = server.open(address, mallory)
  await until(hostile, () => hostile.synced)
  return { honest, editor, hostile }
}

const isClean = (doc: Y.Doc): boolean => {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  return checkSchema(copy).update === null
}

describe.concurrent('an editor that meets what no editor makes', () => {
  // No batch may contain the whole tower, and a client that writes it in one go sends it in one batch.
  for (const [fact, spoil] of BREACHES.filter(([name]) => !name.includes('tower'))) {
    test(`[CHECK1] ${fact}: it lives on, shows the honest words, and what is typed next arrives`, async ({
      expect,
    }) => {
      const { honest, editor, hostile } = await meeting()
      let heard = 0
      hostile.doc.on('update', () => heard++)
      spoil(hostile.doc.getXmlFragment('body'), hostile.doc)
      const end = hostile.doc.getText('title')
      end.insert(end.length, '!')
      await until(honest, () => editor.doc.getText('title').toString().endsWith('!'))
      expect(editor.text).toContain('honest words')
      expect(editor.text).toContain('item')
      expect(() => editor.state.doc.check()).not.toThrow()
      const at = editor.text.length
      editor.select(editor.state.doc.content.size)
      editor.type(' and more')
      expect(editor.text.length).toBe(at + ' and more'.length)
      await honest.flushed()
      await until(honest, () => isClean(editor.doc), CHECKED_WITHIN_MS)
      expect(editor.text).toContain('honest words')
      expect(editor.text).toContain('and more')
      expect(editor.reports).toEqual([])
      expect(heard).toBeGreaterThan(0)
      await Promise.all([honest.destroy(), hostile.destroy()])
    })
  }
})

test('[CHECK1] without any editor the server takes it out, and closes the connection that it came by', async () => {
  const { honest, editor, hostile } = await meeting()
  await honest.destroy()
  const before = editor.fragment.toString()
  const closed = new Promise((resolve) => {
    hostile.on('status', ({ phase }) => phase === 'lost' && resolve(null))
  })
  const [heading] = hostile.doc.getXmlFragment('body').toArray()
  if (!(heading instanceof Y.XmlElement)) throw new Error('no heading')
  hostile.doc.transact(() => {
    hostile.doc.getXmlFragment('body').insert(0, [new Y.XmlElement('script')])
    const text = heading.get(0)
    if (text instanceof Y.XmlText) text.format(0, 3, { link: { href: 'javascript:alert(1)' } })
  })
  await closed
  await until(hostile, () => isClean(hostile.doc), CHECKED_WITHIN_MS)
  expect(hostile.doc.getXmlFragment('body').toString()).toBe(before)
  await hostile.destroy()
})
