import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { draftText } from '#lib/editor/saving/draft-text.ts'

/** Returns a document of these paragraphs, and a copy changed by `edit`. */
function edited(lines: readonly string[], edit: (doc: Y.Doc) => void): [Y.Doc, Y.Doc] {
  const doc = new Y.Doc()
  doc.getXmlFragment('body').insert(0, lines.map(paragraph))
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  edit(copy)
  return [doc, copy]
}

function paragraph(text: string): Y.XmlElement {
  const block = new Y.XmlElement('paragraph')
  block.insert(0, [new Y.XmlText(text)])
  return block
}

function lineOf(doc: Y.Doc, index: number): Y.XmlText {
  const block = doc.getXmlFragment('body').get(index)
  const text = block instanceof Y.XmlElement ? block.get(0) : null
  if (text instanceof Y.XmlText) return text
  throw new Error(`no line ${index}`)
}

describe('the text of a draft', () => {
  test('is the paragraphs it changed, whole, and those it added, in their order', () => {
    const [doc, copy] = edited(['one', 'two', 'three'], (draft) => {
      draft.getXmlFragment('body').insert(3, [paragraph('four')])
      lineOf(draft, 1).insert(3, ', changed')
    })
    expect(draftText(doc, copy)).toEqual({ text: 'two, changed\n\nfour', differs: true })
  })

  test('has the title when that was changed', () => {
    const [doc, copy] = edited(['one'], (draft) => draft.getText('title').insert(0, 'Minutes'))
    expect(draftText(doc, copy)).toEqual({ text: 'Minutes', differs: true })
  })

  test('is empty when it only takes away or restyles, which is a difference all the same', () => {
    const [doc, without] = edited(['one', 'two'], (draft) => draft.getXmlFragment('body').delete(1, 1))
    expect(draftText(doc, without)).toEqual({ text: '', differs: true })
    const [plain, bold] = edited(['one'], (draft) => lineOf(draft, 0).format(0, 3, { bold: true }))
    expect(draftText(plain, bold)).toEqual({ text: '', differs: true })
  })

  test('what others changed meanwhile is not in it', () => {
    const [doc, copy] = edited(['one', 'two'], (draft) => lineOf(draft, 0).insert(3, '!'))
    lineOf(doc, 1).insert(3, '?')
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
    expect(draftText(doc, copy).text).toBe('one!')
  })

  test('a draft that builds on missing updates is not mistaken for one that has arrived', () => {
    const [doc, copy] = edited(['one'], () => undefined)
    const elsewhere = new Y.Doc()
    const updates: Uint8Array[] = []
    elsewhere.on('update', (update) => updates.push(update))
    elsewhere.getText('title').insert(0, 'first')
    elsewhere.getText('title').insert(5, ' second')
    Y.applyUpdate(copy, updates[1] ?? new Uint8Array())
    expect(draftText(doc, copy)).toEqual({ text: '', differs: true })
  })

  test('a draft that the document has differs in nothing', () => {
    const [doc, copy] = edited(['one'], (draft) => lineOf(draft, 0).insert(3, '!'))
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(copy))
    expect(draftText(doc, copy)).toEqual({ text: '', differs: false })
  })
})
