import { isSafeHref } from '../schema.ts'
import type { TextStyle } from './styles.ts'
import { attribute, type Element, hasAttribute } from './tree.ts'

/* The meaning of HTML's elements for the text in them. */

/** Elements whose text is not shown, or belongs to a control. */
const DROPPED: ReadonlySet<string> = new Set([
  ...['script', 'style', 'template', 'head', 'title', 'meta', 'link', 'base', 'noscript', 'svg', 'iframe'],
  ...['object', 'embed', 'applet', 'button', 'select', 'option', 'datalist', 'input', 'textarea', 'progress'],
  ...['meter', 'dialog', 'canvas', 'rp', 'col', 'colgroup', 'map', 'audio', 'track', 'source'],
])

const BLOCKS: ReadonlySet<string> = new Set([
  ...['p', 'div', 'section', 'article', 'address', 'figure', 'figcaption', 'details', 'summary', 'center'],
  ...[
    'header',
    'footer',
    'main',
    'nav',
    'aside',
    'fieldset',
    'legend',
    'form',
    'dl',
    'dd',
    'hgroup',
    'search',
  ],
  ...['caption', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th', 'body', 'html', 'dir', 'menu', 'optgroup'],
])

/** Returns true for an element that is left out with all that is in it. */
export function isDropped({ tagName }: Element): boolean {
  return DROPPED.has(tagName)
}

/** Returns true for elements that begin a paragraph of their own. */
export function isBlockTag(tagName: string): boolean {
  return BLOCKS.has(tagName)
}

const TAG_STYLES: Readonly<Record<string, Partial<TextStyle>>> = {
  b: { bold: true },
  strong: { bold: true },
  i: { italic: true },
  em: { italic: true },
  u: { underline: true },
  ins: { underline: true },
  s: { strike: true },
  strike: { strike: true },
  del: { strike: true },
  code: { code: true },
  kbd: { code: true },
  samp: { code: true },
  tt: { code: true },
}

/** Returns the style of text in an element, without its style attribute. */
export function styleOfTag(element: Element, style: TextStyle): TextStyle {
  const { tagName } = element
  if (tagName === 'a' && hasAttribute(element, 'href')) {
    const href = attribute(element, 'href').trim()
    return isSafeHref(href) && !/\s/.test(href) ? { ...style, href } : style
  }
  return Object.hasOwn(TAG_STYLES, tagName) ? { ...style, ...TAG_STYLES[tagName] } : style
}
