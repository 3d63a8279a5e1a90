import { type Content, paragraph, textNode } from '../content.ts'
import type { Styles } from './styles.ts'
import {
  attribute,
  descendants,
  type Element,
  firstBelow,
  hasAttribute,
  hasClass,
  isElement,
  type Node,
  textBelow,
  textOfNode,
} from './tree.ts'

/** An item that was read. `checked`: null if it has no box. */
export interface Item {
  readonly content: readonly Content[]
  readonly checked: boolean | null
}

/** Returns the children of a list that count. */
export function listItems({ childNodes }: Element): readonly Node[] {
  return childNodes.filter((node) => isElement(node) || (textOfNode(node) ?? '').trim() !== '')
}

/** Returns the number that an ordered list begins with, null if it is 1. */
export function startIn(list: Element): number | null {
  const start = Number(attribute(list, 'start'))
  return Number.isSafeInteger(start) && start > 1 && start < 1e9 ? start : null
}

/** Makes lists of items: those with boxes are tasks. `start`: the number of the first, null for 1. */
export function listsOf(items: readonly Item[], isOrdered: boolean, start: number | null): Content[] {
  const lists: Content[] = []
  let number = start ?? 1
  for (const { content, checked } of items) {
    const type = checked !== null ? 'taskList' : isOrdered ? 'orderedList' : 'bulletList'
    const item = itemOf(content, checked)
    const last = lists.at(-1)
    if (last?.type === type) lists[lists.length - 1] = { ...last, content: [...(last.content ?? []), item] }
    else
      lists.push({
        type,
        ...(type === 'orderedList' && number > 1 ? { attrs: { start: number } } : {}),
        content: [item],
      })
    number += 1
  }
  return lists
}

function itemOf(blocks: readonly Content[], checked: boolean | null): Content {
  const content = joined(blocks)
  const whole = content[0]?.type === 'paragraph' ? content : [paragraph(), ...content]
  return checked === null
    ? { type: 'listItem', content: whole }
    : { type: 'taskItem', attrs: { checked }, content: whole }
}

/** Joins lists of the same kind that follow each other. */
function joined(blocks: readonly Content[]): Content[] {
  const found: Content[] = []
  for (const block of blocks) {
    const last = found.at(-1)
    if (last && /List$/.test(block.type) && last.type === block.type && !block.attrs)
      found[found.length - 1] = { ...last, content: [...(last.content ?? []), ...(block.content ?? [])] }
    else found.push(block)
  }
  return found
}

/**
 * Returns an item's content without its box, and whether that is ticked: a checkbox (GitHub, HackMD, ours), its role
 * (Google Docs), a class (Notion), or the signs `[x]` at the beginning.
 */
export function checkedIn(
  item: Element,
  content: readonly Content[],
): { readonly content: readonly Content[]; readonly checked: boolean | null } {
  if (attribute(item, 'role') === 'checkbox' || hasAttribute(item, 'data-checked'))
    return {
      content,
      checked: [attribute(item, 'aria-checked'), attribute(item, 'data-checked')].includes('true'),
    }
  const box = boxIn(item)
  if (box !== null) return { content, checked: box }
  const [first, ...rest] = content
  const [text, ...others] = first?.content ?? []
  const signs = first?.type === 'paragraph' ? /^\[([ xX\u00a0])\](?:\s+|$)/.exec(text?.text ?? '') : null
  if (!text || !signs) return { content, checked: null }
  const left = (text.text ?? '').slice(signs[0].length)
  const inline = left === '' ? others : [textNode(left, text.marks), ...others]
  return { content: [paragraph(inline), ...rest], checked: /x/i.test(signs[1] ?? '') }
}

/** Returns the state of the checkbox that an item begins with, null if there is none. */
function boxIn(item: Element): boolean | null {
  for (const node of descendants(item)) {
    if ((textOfNode(node) ?? '').trim() !== '') return null
    if (!isElement(node)) continue
    if (node.tagName === 'li' || node.tagName === 'ul' || node.tagName === 'ol') return null
    if (node.tagName === 'input' && attribute(node, 'type') === 'checkbox')
      return hasAttribute(node, 'checked')
    if (attribute(node, 'role') === 'checkbox') return attribute(node, 'aria-checked') === 'true'
    if (hasClass(node, 'checkbox-on')) return true
    if (hasClass(node, 'checkbox-off')) return false
  }
  return null
}

/** An element that Word wrote for one item of a list. `body` holds the item's content. */
interface WordMark {
  readonly body: Element
  readonly level: number
  readonly isOrdered: boolean
  readonly start: number
}

/** The number of an item: 1. a) (iv) 一、 */
const NUMBERED = /^[([（]?([0-9]+|[a-z]{1,2}|[ivxlcdm]+|[一二三四五六七八九十百]+)[.)\]）、．]/i

/**
 * Returns the mark of an element that Word made an item of, null for anything else. Word on the desktop writes
 * paragraphs, and the sign of the item is taken out of them; Word in a browser writes a list for each item.
 */
export function wordMarkOf(element: Element, styles: Styles): WordMark | null {
  const body = hasClass(element, 'ListContainerWrapper') ? firstBelow(element, 'ul', 'ol') : element
  if (body?.tagName === 'ul' || body?.tagName === 'ol') {
    const item = firstBelow(body, 'li')
    const level = Number.parseInt(item ? attribute(item, 'data-aria-level') : '', 10)
    const isOrdered = body.tagName === 'ol'
    return item && level > 0 ? { body: item, level, isOrdered, start: startIn(body) ?? 1 } : null
  }
  const found = /\bl\d+ level(\d)/.exec(styles.of(element).get('mso-list') ?? '')
  if (!found) return null
  const sign = signIn(element, styles)
  const number = NUMBERED.exec(sign ?? '')
  const start = Number.parseInt(number?.[1] ?? '', 10)
  return {
    body: element,
    level: Number(found[1]),
    isOrdered: number !== null,
    start: start > 0 && start < 1e9 ? start : 1,
  }
}

function signIn(element: Element, styles: Styles): string | null {
  for (const node of descendants(element)) {
    if (!isElement(node) || styles.of(node).get('mso-list') !== 'ignore') continue
    const sign = textBelow(node).trim()
    const { parentNode } = node
    if (parentNode) parentNode.childNodes = parentNode.childNodes.filter((child) => child !== node)
    return sign
  }
  return null
}

/** The paragraphs of a list of Word's, put together as the lists they look like. */
export class WordList {
  /** Lists that are open, the outermost first. */
  readonly #open: { level: number; isOrdered: boolean; start: number; items: Item[] }[] = []
  readonly #done: Content[] = []

  add({ level, isOrdered, start }: WordMark, content: readonly Content[]): void {
    this.#closeTo(level)
    const last = this.#open.at(-1)
    if (last?.level === level && last.isOrdered !== isOrdered) this.#close()
    const current = this.#open.at(-1)
    const item = { content, checked: null }
    if (current?.level === level) current.items.push(item)
    else this.#open.push({ level, isOrdered, start, items: [item] })
  }

  /** Returns the lists. */
  finish(): Content[] {
    this.#closeTo(0)
    return this.#done
  }

  #closeTo(level: number): void {
    for (let last = this.#open.at(-1); last && last.level > level; last = this.#open.at(-1)) this.#close()
  }

  #close(): void {
    const closed = this.#open.pop()
    if (!closed) return
    const lists = listsOf(closed.items, closed.isOrdered, closed.start > 1 ? closed.start : null)
    const parent = this.#open.at(-1)?.items
    const item = parent?.at(-1)
    if (parent && item) parent[parent.length - 1] = { ...item, content: [...item.content, ...lists] }
    else this.#done.push(...lists)
  }
}
