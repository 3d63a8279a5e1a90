import { Extension } from '@tiptap/core'
import type { Node } from '@tiptap/pm/model'
import { type EditorState, Plugin } from '@tiptap/pm/state'
import type { Words } from '#lib/ui/words/page-words.ts'

/**
 * How a text begins. *blank*: nothing is written. *headline*: its first block is a heading of the first level or a
 * short paragraph, which is shown as the title of a document that has no other. *text*: anything else.
 */
export type Opening = 'blank' | 'headline' | 'text'

/** The longest paragraph that is a headline, in narrow characters: about two lines. A wide one counts as two. */
const HEADLINE_WIDTH = 80
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}]|[，-～]/gu

/** Returns how a document begins. Cheap: looks at the first block, and at its text only if that is short. */
export function openingOf(doc: Node): Opening {
  const first = doc.firstChild
  if (!first) return 'blank'
  if (first.type.name === 'heading') return first.attrs.level === 1 ? 'headline' : 'text'
  if (first.type.name !== 'paragraph') return 'text'
  if (first.content.size === 0) return doc.childCount === 1 ? 'blank' : 'text'
  return isHeadline(first) ? 'headline' : 'text'
}

function isHeadline(paragraph: Node): boolean {
  const { textContent } = paragraph
  // A line break or anything else that is not text.
  if (paragraph.content.size > HEADLINE_WIDTH || paragraph.content.size !== textContent.length) return false
  return textContent.length + (textContent.match(WIDE)?.length ?? 0) <= HEADLINE_WIDTH
}

/** Tells the style sheet how the text begins, and what an empty page says (app/css/writing.css). */
export function openings(words: () => Words): Extension {
  return Extension.create({
    name: 'openings',
    addProseMirrorPlugins() {
      const attributes = ({ doc }: EditorState): { [name: string]: string } => {
        const opening = openingOf(doc)
        if (opening !== 'blank') return { class: `opens-${opening}` }
        const { titlePlaceholder, startWriting, emptyBody } = words()
        return {
          class: 'opens-blank',
          'data-title': titlePlaceholder,
          'data-start': startWriting,
          'aria-placeholder': emptyBody,
        }
      }
      return [new Plugin({ props: { attributes } })]
    },
  })
}
