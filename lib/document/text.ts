import type * as Y from 'yjs'
import { ROOTS } from '#lib/protocol/version.ts'
import { blocksIn, type Content, childrenOf, contentOf, isTextBlock, textIn } from './content.ts'
import { setTitle } from './title.ts'

/*
 * Writes a document as plain text, without an editor: for the clipboard, for the copy to download, for the page that
 * must not bind one, and for the page whose editor has crashed.
 */

/**
 * Returns title and body as plain text: one line per block, list items marked, blocks of the body separated by blank
 * lines.
 */
export function plainText(doc: Y.Doc): string {
  const title = setTitle(doc)
  const body = textOf(contentOf(doc))
  return `${[title, body].filter((part) => part !== '').join('\n\n')}\n`
}

/** Returns blocks as plain text, separated by blank lines. */
export function textOf(blocks: readonly Content[]): string {
  return blocks.map((block) => blockText(block)).join('\n\n')
}

/**
 * Returns the blocks of the body as plain text, in order, by names that are the same in every copy of the document.
 */
export function blocksOf(doc: Y.Doc): Map<string, string> {
  return new Map(
    bodyOf(doc).map((block, index) => [nameOf(block, index), blocksIn(block).map(blockText).join('\n')]),
  )
}

/** Returns the names of the blocks of the body, in order. */
export function blockNames(doc: Y.Doc): string[] {
  return bodyOf(doc).map(nameOf)
}

function bodyOf(doc: Y.Doc): (Y.XmlElement | Y.XmlText)[] {
  return childrenOf(doc.getXmlFragment(ROOTS.body))
}

function nameOf(block: Y.XmlElement | Y.XmlText, index: number): string {
  const id = block._item?.id
  return id ? `${id.client} ${id.clock}` : `${index}`
}

function blockText(block: Content): string {
  const children = block.content ?? []
  switch (block.type) {
    case 'horizontalRule':
      return '---'
    case 'bulletList':
      return children.map((item) => itemText(item, '- ')).join('\n')
    case 'orderedList': {
      const start = startOf(block)
      return children.map((item, index) => itemText(item, `${start + index}. `)).join('\n')
    }
    case 'taskList':
      return children.map((item) => itemText(item, item.attrs?.checked === true ? '[x] ' : '[ ] ')).join('\n')
    case 'blockquote':
      return children.map((child) => prefixed(blockText(child), '> ', '> ')).join('\n')
    default:
      return isTextBlock(block) || block.text !== undefined
        ? textIn(block)
        : children.map(blockText).join('\n')
  }
}

function itemText(item: Content, marker: string): string {
  const blocks = item.content ?? []
  return prefixed(blocks.map(blockText).join('\n'), marker, '  ')
}

/** Returns a text with one prefix before its first line and another before the rest. */
function prefixed(text: string, first: string, rest: string): string {
  return text
    .split('\n')
    .map((line, index) => (index === 0 ? first : rest) + line)
    .join('\n')
}

/** Returns the number of the first item of a list: a whole number, 1 unless something else is stored. */
export function startOf({ attrs }: Content): number {
  const start = attrs?.start
  return typeof start === 'number' && Number.isSafeInteger(start) && start >= 0 ? start : 1
}
