import { type Content, type ContentMark, textIn } from '../content.ts'
import { languageOf, lettersIn } from '../languages.ts'
import { isSafeHref } from '../schema.ts'
import { startOf } from '../text.ts'

/*
 * Writes content as HTML: for the clipboard and for the page to download. Semantic elements without classes and
 * styles; the attributes of task lists are those that the editor's schema reads.
 */

/** The attribute of copied HTML that says how far its first and its last block are open, as `1 2`. */
export const OPEN_ENDS = 'data-commonplace'

/**
 * Returns blocks, or the inline content of one, as HTML. `main`: the language of the page they are for; text in another
 * one says so. Null if there is no page.
 */
export function htmlOf(nodes: readonly Content[], main: string | null = null): string {
  return nodes.map((node) => htmlOfNode(node, main)).join('')
}

/** Escapes every character that could be markup, in text and in attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}

function htmlOfNode(node: Content, main: string | null): string {
  if (node.text !== undefined) return (node.marks ?? []).reduceRight(marked, escapeHtml(node.text))
  const inner = () => htmlOf(node.content ?? [], main)
  const lang = () => langOf(node, main)
  switch (node.type) {
    case 'paragraph':
      return `<p${lang()}>${inner()}</p>`
    case 'heading': {
      const level = levelOf(node)
      return `<h${level}${lang()}>${inner()}</h${level}>`
    }
    case 'bulletList':
      return `<ul>${inner()}</ul>`
    case 'orderedList': {
      const type = typeof node.attrs?.type === 'string' ? ` type="${escapeHtml(node.attrs.type)}"` : ''
      const start = startOf(node)
      return `<ol${start === 1 ? '' : ` start="${start}"`}${type}>${inner()}</ol>`
    }
    case 'listItem':
      return `<li${itemLang(node, main)}>${itemHtml(node, main)}</li>`
    case 'taskList':
      return `<ul data-type="taskList">${inner()}</ul>`
    case 'taskItem': {
      const done = node.attrs?.checked === true
      return `<li data-type="taskItem" data-checked="${done}"${itemLang(node, main)}><input type="checkbox" disabled${done ? ' checked' : ''}>${itemHtml(node, main)}</li>`
    }
    case 'blockquote':
      return `<blockquote>${inner()}</blockquote>`
    case 'codeBlock': {
      const { language } = node.attrs ?? {}
      const name = typeof language === 'string' ? ` class="language-${escapeHtml(language)}"` : ''
      return `<pre${lang()}><code${name}>${inner()}</code></pre>`
    }
    case 'hardBreak':
      return '<br>'
    case 'horizontalRule':
      return '<hr>'
    default:
      return inner()
  }
}

/** Returns the heading's level, 1 to 4. */
export function levelOf({ attrs }: Content): number {
  const level = typeof attrs?.level === 'number' ? Math.trunc(attrs.level) : 1
  return Math.min(4, Math.max(1, level || 1))
}

/** The first paragraph of an item has no tags of its own: other programs give each paragraph of a list space. */
function itemHtml(item: Content, main: string | null): string {
  const first = bareParagraph(item)
  if (!first) return htmlOf(item.content ?? [], main)
  return htmlOf(first.content ?? [], main) + htmlOf((item.content ?? []).slice(1), main)
}

function itemLang(item: Content, main: string | null): string {
  const first = bareParagraph(item)
  return first ? langOf(first, main) : ''
}

function bareParagraph({ content = [] }: Content): Content | null {
  const [first] = content
  return first?.type === 'paragraph' && (first.content ?? []).length > 0 ? first : null
}

function langOf(block: Content, main: string | null): string {
  const language = main === null ? null : languageOf(lettersIn(textIn(block)))
  return language === null || language === main ? '' : ` lang="${language}"`
}

const MARK_TAGS: Readonly<Record<string, string>> = {
  bold: 'strong',
  italic: 'em',
  underline: 'u',
  strike: 's',
  code: 'code',
}

function marked(html: string, { type, attrs }: ContentMark): string {
  if (type === 'link') {
    const href = attrs?.href
    return typeof href === 'string' && isSafeHref(href) ? `<a href="${escapeHtml(href)}">${html}</a>` : html
  }
  const tag = Object.hasOwn(MARK_TAGS, type) ? MARK_TAGS[type] : undefined
  return tag ? `<${tag}>${html}</${tag}>` : html
}
