import { Mark } from '@tiptap/core'
import { isSafeHref } from '#lib/document/schema.ts'

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    link: {
      /** Makes the selection a link. Does nothing if the address may not be one. */
      setLink: (attributes: { href: string }) => ReturnType
      /** Removes the link at the selection. */
      unsetLink: () => ReturnType
    }
  }
}

/**
 * A link is its address and nothing else: a class, rel or target set by a peer never reaches the page. Typed addresses
 * become links later (typed-addresses.ts).
 */
export const SafeLink = Mark.create({
  name: 'link',
  priority: 1000,
  keepOnSplit: false,
  exitable: true,
  // Text typed after a link is not part of it.
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
