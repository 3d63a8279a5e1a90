import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { contentBytes } from '#lib/document/content-bytes.ts'
import { copyDocument } from '#lib/document/fold.ts'
import { ROOTS } from '#lib/protocol/version.ts'
import { type Block, documentOf, p } from '../support/blocks.ts'

const jobOf = (doc: Y.Doc, title = '') => ({ state: Y.encodeStateAsUpdate(doc), rows: [], ours: true, title })

function docOf(update: Uint8Array | null): Y.Doc {
  const doc = new Y.Doc()
  if (update) Y.applyUpdate(doc, update)
  return doc
}

function bytesOf(doc: Y.Doc): Uint8Array {
  const walk = contentBytes(doc)
  for (;;) {
    const step = walk.next()
    if (step.done) return step.value
  }
}

const BLOCKS: Block[] = [
  ['heading', { level: 2 }, 'Plan'],
  ['taskList', {}, ['taskItem', { checked: true }, p('one', ['hardBreak', {}], 'two')]],
  ['codeBlock', { language: 'js' }, 'x = 1'],
]

test('a copy shows the same under another title, by one client id', () => {
  const source = documentOf('Plan', ...BLOCKS)
  const block = source.getXmlFragment(ROOTS.body).get(0)
  const text = block instanceof Y.XmlElement ? block.get(0) : null
  if (text instanceof Y.XmlText) text.format(0, 2, { bold: {}, link: { href: 'https://example.org' } })
  const copy = copyDocument(jobOf(source, 'Copy of Plan'))
  expect(copy.title).toBe('Copy of Plan')
  const doc = docOf(copy.update)
  source.getText(ROOTS.title).insert(0, 'Copy of ')
  expect(bytesOf(doc)).toEqual(bytesOf(source))
  expect([...doc.store.clients.keys()]).toEqual([copy.clientId])
})

test('deleted text and content that breaks the schema are not in a copy', () => {
  const source = documentOf('', p('kept and deleted'), ['script', {}, 'not allowed'])
  source.gc = false
  const block = source.getXmlFragment(ROOTS.body).get(0)
  const text = block instanceof Y.XmlElement ? block.get(0) : null
  if (text instanceof Y.XmlText) text.delete(4, 12)
  const { update, title } = copyDocument(jobOf(source))
  expect(title).toBe('kept')
  const bytes = Buffer.from(update ?? []).toString('latin1')
  expect(bytes).toContain('kept')
  expect(bytes).not.toMatch(/deleted|script|not allowed/)
})

test('an empty document has no update', () => {
  expect(copyDocument(jobOf(new Y.Doc()))).toMatchObject({ update: null, title: '' })
})
