import * as Y from 'yjs'
import { ROOTS } from '#lib/protocol/version.ts'
import { type Letters, languageOf, lettersIn, mainLanguageOf } from './languages.ts'
import { isSafeHref } from './schema.ts'
import { setTitle, titleOf } from './title.ts'

/*
 * Reads a document directly from its Y.Doc, without an editor: for the copy to download, for the page that must not
 * bind one, and for the page whose editor has crashed. Unknown nodes and marks are kept as plain text.
 */

type Attributes = Record<string, unknown>
interface Run {
  readonly text: string
  readonly marks: Readonly<Attributes>
}

/**
 * Returns title and body as plain text: one line per block, list items marked, blocks of the body separated by blank
 * lines.
 */
export function plainText(doc: Y.Doc): string {
  const title = setTitle(doc)
  const blocks = childrenOf(body(doc)).map((block) => blockText(block, ''))
  return `${[...(title === '' ? [] : [title]), ...blocks].join('\n\n')}\n`
}

/**
 * Returns the blocks of the body as plain text, in order, by names that are the same in every copy of the document.
 */
export function blocksOf(doc: Y.Doc): Map<string, string> {
  return new Map(childrenOf(body(doc)).map((block, index) => [nameOf(block, index), blockText(block, '')]))
}

/** Returns the names of the blocks of the body, in order. */
export function blockNames(doc: Y.Doc): string[] {
  return childrenOf(body(doc)).map(nameOf)
}

function nameOf(block: Y.XmlElement | Y.XmlText, index: number): string {
  const id = block._item?.id
  return id ? `${id.client} ${id.clock}` : `${index}`
}

/**
 * Returns title and body as a self-contained web page in the language of the text; `language` if the text has no
 * letters.
 */
export function htmlPage(doc: Y.Doc, language: string): string {
  const title = escapeHtml(titleOf(doc))
  const blocks = childrenOf(body(doc))
  const main = mainLanguageOf(blocks.map(lettersOf)) ?? language
  const content = blocks.map((block) => blockHtml(block, main)).join('\n')
  return `<!doctype html>
<html lang="${escapeHtml(main)}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${content}
</html>
`
}

/** Returns a file name made from the title, without characters that file systems refuse. */
export function fileName(doc: Y.Doc, fallback: string, extension: string): string {
  const name = titleOf(doc)
    .replace(/[\p{Cc}\\/:*?"<>|]+/gu, ' ')
    .trim()
  return `${[...name].slice(0, 80).join('').trim() || fallback}.${extension}`
}

function body(doc: Y.Doc): Y.XmlFragment {
  return doc.getXmlFragment(ROOTS.body)
}

function childrenOf(parent: Y.XmlFragment): (Y.XmlElement | Y.XmlText)[] {
  return parent.toArray().filter((child) => child instanceof Y.XmlElement || child instanceof Y.XmlText)
}

function runsOf(text: Y.XmlText): Run[] {
  const delta: { insert?: unknown; attributes?: Attributes }[] = text.toDelta()
  return delta.flatMap(({ insert, attributes }) =>
    typeof insert === 'string' ? [{ text: insert, marks: attributes ?? {} }] : [],
  )
}

function blockText(block: Y.XmlElement | Y.XmlText, indent: string): string {
  if (block instanceof Y.XmlText)
    return runsOf(block)
      .map((run) => run.text)
      .join('')
  const children = childrenOf(block)
  switch (block.nodeName) {
    case 'hardBreak':
      return '\n'
    case 'horizontalRule':
      return '---'
    case 'bulletList':
      return children.map((item) => itemText(item, '- ', indent)).join('\n')
    case 'orderedList': {
      const start = numberAt(block, 'start')
      return children.map((item, index) => itemText(item, `${start + index}. `, indent)).join('\n')
    }
    case 'taskList':
      return children.map((item) => itemText(item, isChecked(item) ? '[x] ' : '[ ] ', indent)).join('\n')
    case 'blockquote':
      return children.map((child) => `${indent}> ${blockText(child, indent)}`).join('\n')
    default:
      return children.map((child) => blockText(child, indent)).join(isInlineParent(block) ? '' : '\n')
  }
}

function itemText(item: Y.XmlElement | Y.XmlText, marker: string, indent: string): string {
  const deeper = `${indent}  `
  const parts = item instanceof Y.XmlElement ? childrenOf(item) : [item]
  const lines = parts.map((part) => blockText(part, deeper))
  const [first = '', ...rest] = lines
  return [
    `${indent}${marker}${first}`,
    ...rest.map((line) => (/^\s/.test(line) ? line : deeper + line)),
  ].join('\n')
}

function lettersOf(block: Y.XmlElement | Y.XmlText): Letters {
  return lettersIn(blockText(block, ''))
}

/** `main`: the language of the page. A text in another one says so. */
function blockHtml(block: Y.XmlElement | Y.XmlText, main: string): string {
  if (block instanceof Y.XmlText) return runsOf(block).map(runHtml).join('')
  const inner = () =>
    childrenOf(block)
      .map((child) => blockHtml(child, main))
      .join('')
  const language = isInlineParent(block) ? languageOf(lettersOf(block)) : null
  const lang = language === null || language === main ? '' : ` lang="${language}"`
  switch (block.nodeName) {
    case 'paragraph':
      return `<p${lang}>${inner()}</p>`
    case 'heading': {
      const level = Math.min(4, Math.max(1, numberAt(block, 'level')))
      return `<h${level}${lang}>${inner()}</h${level}>`
    }
    case 'bulletList':
      return `<ul>${inner()}</ul>`
    case 'orderedList': {
      const start = numberAt(block, 'start')
      return start === 1 ? `<ol>${inner()}</ol>` : `<ol start="${start}">${inner()}</ol>`
    }
    case 'listItem':
      return `<li>${inner()}</li>`
    case 'taskList':
      return `<ul>${inner()}</ul>`
    case 'taskItem':
      return `<li><input type="checkbox" disabled${isChecked(block) ? ' checked' : ''}>${inner()}</li>`
    case 'blockquote':
      return `<blockquote>${inner()}</blockquote>`
    case 'codeBlock':
      return `<pre${lang}><code>${inner()}</code></pre>`
    case 'hardBreak':
      return '<br>'
    case 'horizontalRule':
      return '<hr>'
    default:
      return `<div>${inner()}</div>`
  }
}

const MARK_TAGS: Record<string, string> = {
  bold: 'strong',
  italic: 'em',
  underline: 'u',
  strike: 's',
  code: 'code',
}

function runHtml(run: Run): string {
  let html = escapeHtml(run.text)
  for (const mark of Object.keys(run.marks)) {
    const tag = MARK_TAGS[mark]
    if (tag) html = `<${tag}>${html}</${tag}>`
  }
  const link = run.marks.link
  const href = typeof link === 'object' && link !== null && 'href' in link ? link.href : ''
  return typeof href === 'string' && isSafeHref(href) ? `<a href="${escapeHtml(href)}">${html}</a>` : html
}

/** Returns an attribute as a whole number, or 1 if it is anything else. */
function numberAt(block: Y.XmlElement, name: string): number {
  // Y.XmlElement types attributes as strings. Our editor stores numbers; other clients may store anything.
  const value: unknown = block.getAttribute(name)
  return ((typeof value === 'number' || typeof value === 'string') && Math.trunc(Number(value))) || 1
}

function isChecked(item: Y.XmlElement | Y.XmlText): boolean {
  // Y.XmlElement types attributes as strings; the editor stores booleans.
  const checked: unknown = item instanceof Y.XmlElement ? item.getAttribute('checked') : false
  return checked === true || checked === 'true'
}

function isInlineParent(block: Y.XmlElement): boolean {
  return ['paragraph', 'heading', 'codeBlock'].includes(block.nodeName)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
