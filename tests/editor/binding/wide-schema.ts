import { getSchema, Mark } from '@tiptap/core'
import { TableKit } from '@tiptap/extension-table'
import type { Admission } from '#lib/editor/binding/format.ts'
import { hashOfMark } from '#lib/editor/binding/overlapping-marks.ts'
import { ADMISSION, extensions } from '#lib/editor/blocks/extensions.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'

/** Like comments: several may overlap. */
const Comment = Mark.create({
  name: 'comment',
  excludes: '',
  addAttributes: () => ({ id: { default: 0 } }),
})

/** The editor's schema, with tables and a mark that may overlap with itself. */
export const wideSchema = getSchema([
  ...extensions(() => wordsIn('en'), null),
  TableKit.configure({ table: { resizable: false } }),
  Comment,
])

const admission: Admission = {
  attribute: (element, name, value) =>
    element.startsWith('table') || ADMISSION.attribute(element, name, value),
  mark: (name, value) => name === 'comment' || ADMISSION.mark(name, value),
}

/** The options of a replica with that schema. */
export const WIDE = { schema: wideSchema, admission, hashOfMark }
