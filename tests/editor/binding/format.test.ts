import { Schema } from '@tiptap/pm/model'
import { prosemirrorToYXmlFragment } from '@tiptap/y-tiptap'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Format } from '#lib/editor/binding/format.ts'
import { hashOfMark } from '#lib/editor/binding/overlapping-marks.ts'

const schema = new Schema({
  nodes: { doc: { content: 'line+' }, line: { content: 'text*' }, text: {} },
  marks: { bold: {}, comment: { attrs: { id: {} }, excludes: '' } },
})
const anything = { attribute: () => true, mark: () => true }

test('marks are stored in the Y.Doc under y-tiptap’s names', () => {
  const marks = [schema.mark('bold'), schema.mark('comment', { id: 1 }), schema.mark('comment', { id: '二' })]
  const fragment = new Y.Doc().getXmlFragment('body')
  prosemirrorToYXmlFragment(
    schema.node('doc', null, [schema.node('line', null, [schema.text('x', marks)])]),
    fragment,
  )
  const line = fragment.get(0) as Y.XmlElement
  const [{ attributes }] = (line.get(0) as Y.XmlText).toDelta()
  const format = new Format(schema, anything, hashOfMark)
  expect(format.textAttributes(marks)).toEqual(attributes)
  const type = schema.nodes.line
  expect(type && format.marks(attributes, type)).toHaveLength(3)
})

test('a schema whose marks may overlap is not bound without their hash', () => {
  expect(() => new Format(schema, anything, null)).toThrow('need a hash')
})
