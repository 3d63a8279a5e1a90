import { Mark } from '@tiptap/core'
import type {} from '@tiptap/extension-link'
import { isSafeHref } from '#lib/document/schema.ts'

/**
 * A link is its address and nothing else: what a peer could put into class, rel or target never reaches the page. Marked as
 * Tiptap's own link is, whose recognition of typed and pasted addresses comes later (hyperlink-recognition.ts).
 */
export const SafeLink = Mark.create({
  name: 'link',
  priority: 1000,
  keepOnSplit: false,
  exitable: true,
  // What is typed behind a link is not the link.
  inclusive: false,
  addAttributes() {
    return { href: { default: null, parseHTML: (element) => element.getAttribute('href') } }
  },
  parseHTML() {
    return [
      {
        tag: 'a[href]',
        getAttrs: (element) => (isSafeHref(element.getAttribute('href') ?? '') ? null : false),
      },
    ]
  },
  renderHTML({ HTMLAttributes }) {
    const href: unknown = HTMLAttributes.href
    return [
      'a',
      typeof href === 'string' && isSafeHref(href)
        ? { href, target: '_blank', rel: 'noopener noreferrer nofollow' }
        : {},
      0,
    ]
  },
  addCommands() {
    return {
      setLink:
        ({ href }) =>
        ({ chain }) =>
          isSafeHref(href) && chain().setMark(this.name, { href }).setMeta('preventAutolink', true).run(),
      unsetLink:
        () =>
        ({ chain }) =>
          chain().unsetMark(this.name, { extendEmptyMarkRange: true }).setMeta('preventAutolink', true).run(),
    }
  },
})
