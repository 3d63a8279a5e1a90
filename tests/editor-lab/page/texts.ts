import type { Node } from '@tiptap/pm/model'
import * as Y from 'yjs'

/** The character for a hard break in a text. */
const BREAK = '↵'

/** Returns the text blocks of a Y type, joined by "|". `isTextBlock` recognises them by name. */
export function textOfY(body: Y.XmlFragment, isTextBlock: (name: string) => boolean): string {
  const blocks: string[] = []
  const walk = (parent: Y.XmlFragment): void => {
    for (const child of parent.toArray()) {
      if (!(child instanceof Y.XmlElement)) continue
      if (isTextBlock(child.nodeName)) blocks.push(inlineOf(child))
      else walk(child)
    }
  }
  walk(body)
  return blocks.join('|')
}

function inlineOf(block: Y.XmlElement): string {
  return block
    .toArray()
    .map((child) => (child instanceof Y.XmlText ? plain(child) : BREAK))
    .join('')
}

function plain(text: Y.XmlText): string {
  const delta: { insert?: unknown }[] = text.toDelta()
  return delta.map(({ insert }) => (typeof insert === 'string' ? insert : '')).join('')
}

/** Returns the same for an editor's document. */
export function textOfNode(doc: Node): string {
  const blocks: string[] = []
  doc.descendants((node) => {
    if (node.isTextblock) blocks.push(node.textBetween(0, node.content.size, '', BREAK))
    return !node.isTextblock
  })
  return blocks.join('|')
}

/**
 * Returns the same for the page's content; carets and the marks that ProseMirror and input methods leave are not
 * text.
 */
export function textOfPage(surface: Element): string {
  return [...surface.querySelectorAll('p, h1, h2, h3, h4, pre')]
    .map((block) => {
      const parts: string[] = []
      const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node instanceof Text) parts.push(node.data)
        else if (node.nodeName === 'BR' && !(node as Element).classList.contains('ProseMirror-trailingBreak'))
          parts.push(BREAK)
      }
      return parts.join('').replace(/[\u200b\u2060\ufeff]/g, '')
    })
    .join('|')
}
