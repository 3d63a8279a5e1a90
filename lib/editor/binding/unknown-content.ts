import { type AnyExtension, Node } from '@tiptap/core'
import { PLACEHOLDERS } from './sync-plugin.ts'

/*
 * What stands on the page for content that this editor does not know: a sentence, which cannot be edited and is no text.
 * It never becomes content: what is copied or pasted leaves it out.
 */

/** The two node types; `sentence` says in the person's language that something is there. */
export function unknownContent(sentence: () => string): AnyExtension[] {
  const shape = (tag: 'div' | 'span') => ({
    atom: true,
    // No default: the schema fills nothing with it.
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
