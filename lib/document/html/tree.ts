import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parseFragment } from 'parse5'

export type Node = DefaultTreeAdapterTypes.ChildNode
export type Element = DefaultTreeAdapterTypes.Element
type TreeAdapter = typeof defaultTreeAdapter
type Parent = DefaultTreeAdapterTypes.ParentNode

/** Thrown for HTML from which a parser makes far more elements than are written in it. */
class TooManyElements extends Error {}

/**
 * Parses HTML as browsers do, without a page: nothing is loaded or run, and no policy of a page reaches it. Formats
 * that are not closed are begun again in each paragraph, in hostile HTML millions of times; such HTML is read as the
 * text between its tags.
 */
export function parseHtml(html: string): readonly Node[] {
  try {
    return parsed(html)
  } catch (error) {
    if (error instanceof TooManyElements) return parsed(looseText(html))
    throw error
  }
}

function parsed(html: string): readonly Node[] {
  let left = 1000 + html.length / 3
  const createElement: TreeAdapter['createElement'] = (...given) => {
    if (left-- < 0) throw new TooManyElements()
    return defaultTreeAdapter.createElement(...given)
  }
  const treeAdapter = { ...defaultTreeAdapter, createElement }
  return parseFragment(html, { scriptingEnabled: false, treeAdapter }).childNodes
}

function looseText(html: string): string {
  return html
    .split('<')
    .map((piece, index) => (index === 0 ? piece : piece.slice(piece.indexOf('>') + 1)))
    .join(' ')
}

export function isElement(node: Node): node is Element {
  return 'tagName' in node
}

/** Returns the text of a text node, null for anything else. */
export function textOfNode(node: Node): string | null {
  return node.nodeName === '#text' && 'value' in node ? node.value : null
}

/** Returns an attribute, '' if the element does not have it. */
export function attribute(element: Element, name: string): string {
  return element.attrs.find((each) => each.name === name)?.value ?? ''
}

export function hasAttribute(element: Element, name: string): boolean {
  return element.attrs.some((each) => each.name === name)
}

export function hasClass(element: Element, name: string): boolean {
  return classesOf(element).includes(name)
}

export function classesOf(element: Element): string[] {
  return attribute(element, 'class').split(/\s+/)
}

/** Yields everything below a node in document order, without recursion: pasted trees may be deep. */
export function* descendants({ childNodes }: Pick<Parent, 'childNodes'>): Generator<Node> {
  const left = [...childNodes].reverse()
  for (let node = left.pop(); node; node = left.pop()) {
    yield node
    if ('childNodes' in node)
      for (let i = node.childNodes.length - 1; i >= 0; i--) left.push(...node.childNodes.slice(i, i + 1))
  }
}

/** Returns all text below a node. */
export function textBelow(element: Element): string {
  let text = ''
  for (const node of descendants(element)) text += textOfNode(node) ?? ''
  return text
}

/** Returns the first element below that has one of these tags. */
export function firstBelow(element: Element, ...tags: readonly string[]): Element | null {
  for (const node of descendants(element)) if (isElement(node) && tags.includes(node.tagName)) return node
  return null
}
