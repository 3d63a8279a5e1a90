import { type AnyExtension, Node } from '@tiptap/core'
import { PLACEHOLDERS } from './sync-plugin.ts'

/*
 * Shows a sentence in place of content that this editor does not know. It cannot be edited and is not text: copy and
 * paste leave it out.
 */

/** Returns the two node types. `sentence` says in the user's language that something is there. */
export function unknownContent(sentence: () => string): AnyExtension[] {
  const shape = (tag: 'div' | 'span') => ({
    atom: true,
    // Without a default, so that the schema fills nothing with it.
    addAttributes: () => ({ of: { isRequired: true, rendered: false, validate: 'string' as const } }),
    parseHTML: () => [{ tag: `${tag}[data-unknown]`, ignore: true }],
    renderHTML: (): [string, Record<string, string>] => [tag, { 'data-unknown': '' }],
    addNodeView: () => () => {
      const dom = document.createElement(tag)
      dom.dataset.unknown = ''
      dom.className = 'unknown'
      dom.contentEditable = 'false'
      const update = (): boolean => {
        dom.textContent = sentence()
        return true
      }
      update()
      return { dom, update }
    },
    renderText: () => '',
  })
  return [
    Node.create({ name: PLACEHOLDERS.block, group: 'block', ...shape('div') }),
    Node.create({ name: PLACEHOLDERS.inline, group: 'inline', inline: true, ...shape('span') }),
  ]
}
