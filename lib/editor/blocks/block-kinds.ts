import { Fragment, type Node, type NodeType } from '@tiptap/pm/model'
import type { Transaction } from '@tiptap/pm/state'
import { type Child, childrenOf, rangeIn, rangeOf, replace, sizeOf } from './block-ranges.ts'
import { contentFor, isItem, isList, joinLists } from './joining.ts'

/*
 * Makes lists, quotes and code of the selected blocks, whatever they are, and back. Each command replaces children of
 * the smallest container that holds the whole selection. Blocks that are not selected keep their list or quote.
 */

/** The node types of lists. */
export type ListName = 'bulletList' | 'orderedList' | 'taskList'

/** A block in the place of another one. `isChosen`: the selection touches it. */
interface Block {
  readonly node: Node
  readonly isChosen: boolean
}

/** Makes items of one list of the selected blocks; if all of them are such items, takes them out of their lists. */
export function toggleList(tr: Transaction, name: ListName): boolean {
  const list = typeOf(tr, name)
  const lists = chosenTexts(tr).map(({ at }) => listAround(tr, at, tr.doc.resolve(at).depth)?.node.type)
  if (lists.length === 0) return false
  if (lists.every((type) => type === list)) {
    const range = rangeIn(tr, (node) => !isList(node) && !isItem(node))
    return replace(tr, range, range.children.flatMap((child) => lifted(tr, child, isList)).map(nodeOf))
  }
  const { $from, $to } = tr.selection
  const whole = listAround(tr, $from.pos, $from.sharedDepth($to.pos))
  const range = whole ? rangeOf(tr, whole) : rangeIn(tr, isHolder)
  // Bullets and numbers have the same items: the whole list changes, not only what is selected of it.
  const isWhole = whole !== null && itemOf(whole.node.type) === itemOf(list)
  const blocks = isWhole
    ? [{ node: listOf(tr, whole, list), isChosen: true }]
    : range.children.flatMap((child) => asItems(tr, child, list))
  const end = tr.doc.content.size - range.start - sizeOf(range)
  if (!replace(tr, range, gathered(blocks, list))) return false
  joinLists(tr, tr.doc.content.size - end)
  joinLists(tr, range.start)
  return true
}

/** Puts the selected blocks into one quote; if all of them are quoted, takes them out of their innermost quote. */
export function toggleQuote(tr: Transaction): boolean {
  const quotes = chosenTexts(tr).map(({ at }) => quoteAround(tr, at, tr.doc.resolve(at).depth))
  if (quotes.length === 0) return false
  const { $from, $to } = tr.selection
  const whole = quoteAround(tr, $from.pos, $from.sharedDepth($to.pos))
  if (quotes.every((quote) => quote !== null)) {
    const range = whole ? rangeOf(tr, whole) : rangeIn(tr, isHolder)
    return replace(tr, range, range.children.flatMap((child) => lifted(tr, child, isQuote)).map(nodeOf))
  }
  const range = rangeIn(tr, isHolder)
  const blocks = range.children.flatMap(({ node }) => (isQuote(node) ? node.content.content : [node]))
  return replace(tr, range, [typeOf(tr, 'blockquote').create(null, blocks)])
}

/** Makes one block of code of the selected blocks, a line of each; if all are code, makes a paragraph of each line. */
export function toggleCode(tr: Transaction): boolean {
  const texts = chosenTexts(tr)
  if (texts.length === 0) return false
  const range = rangeIn(tr, isHolder)
  if (texts.every(({ node }) => node.type.spec.code))
    return replace(
      tr,
      range,
      range.children.flatMap((child) => withoutCode(tr, child)),
    )
  const code = typeOf(tr, 'codeBlock')
  const language: unknown = texts.find(({ node }) => node.type === code)?.node.attrs.language ?? null
  const nodes: Node[] = []
  let lines: string[] = []
  const close = () => {
    if (lines.length === 0) return
    const text = lines.join('\n')
    nodes.push(code.create({ language }, text === '' ? [] : [tr.doc.type.schema.text(text)]))
    lines = []
  }
  for (const { node, isChosen } of range.children.flatMap((child) => lifted(tr, child, isListOrQuote))) {
    const content = node.isTextblock && isChosen ? contentFor(node, code.create()) : null
    if (node.isTextblock && isChosen && !content) return false
    if (content) {
      lines.push(content.textBetween(0, content.size))
      continue
    }
    close()
    nodes.push(node)
  }
  close()
  return replace(tr, range, nodes)
}

function isQuote({ type }: Node): boolean {
  return type.name === 'blockquote'
}

function isListOrQuote(node: Node): boolean {
  return isList(node) || isQuote(node)
}

/** Returns true for a container that may hold other blocks in place of the child at `index`. */
function isHolder(node: Node, index: number): boolean {
  return !isList(node) && !(isItem(node) && index === 0)
}

function typeOf({ doc }: Transaction, name: string): NodeType {
  const type = doc.type.schema.nodes[name]
  if (!type) throw new Error(`the schema has no ${name}`)
  return type
}

function itemOf(list: NodeType): NodeType {
  const item = list.contentMatch.defaultType
  if (!item) throw new Error(`${list.name} has no items`)
  return item
}

function nodeOf({ node }: Block): Node {
  return node
}

function isChosen({ selection: { from, to } }: Transaction, { node, at }: Child): boolean {
  return at + node.nodeSize > from && at < to
}

function chosenTexts(tr: Transaction): Child[] {
  const found: Child[] = []
  tr.doc.nodesBetween(tr.selection.from, tr.selection.to, (node, at) => {
    if (node.isTextblock) found.push({ node, at })
    return !node.isTextblock
  })
  return found
}

/** Returns the innermost list around a position, from `depth` outwards; a quote in a list is in no list. */
function listAround(tr: Transaction, at: number, depth: number): Child | null {
  const found = ancestor(tr, at, depth, isListOrQuote)
  return found && isList(found.node) ? found : null
}

function quoteAround(tr: Transaction, at: number, depth: number): Child | null {
  return ancestor(tr, at, depth, isQuote)
}

function ancestor(tr: Transaction, at: number, from: number, is: (node: Node) => boolean): Child | null {
  const $at = tr.doc.resolve(at)
  for (let depth = from; depth > 0; depth--)
    if (is($at.node(depth))) return { node: $at.node(depth), at: $at.before(depth) }
  return null
}

/**
 * Returns the blocks that replace `child` when the chosen ones in it leave the lists or quotes around them. `leaves`
 * tells which of the two. What is not chosen stays behind in a list or quote of its own.
 */
function lifted(tr: Transaction, child: Child, leaves: (node: Node) => boolean): Block[] {
  const { node } = child
  if (!isChosen(tr, child) || node.isTextblock || node.isAtom)
    return [{ node, isChosen: isChosen(tr, child) }]
  const inside = (each: Child) => childrenOf(each).flatMap((inner) => lifted(tr, inner, leaves))
  if (!leaves(node)) return [{ node: withContent(node, inside(child).map(nodeOf)), isChosen: true }]
  if (isQuote(node)) return parted(node, inside(child))
  const blocks = childrenOf(child).flatMap((item): Block[] => {
    const inner = inside(item)
    const first = inner.findIndex((block) => block.isChosen)
    if (first < 0) return [{ node: item.node, isChosen: false }]
    const stays = inner.slice(0, first).map(nodeOf)
    const goes = inner.slice(first).map((block) => ({ ...block, isChosen: true }))
    return stays.length > 0 ? [{ node: withContent(item.node, stays), isChosen: false }, ...goes] : goes
  })
  return parted(node, blocks)
}

/** Returns the chosen blocks, and what is between them in copies of `around`. */
function parted(around: Node, blocks: readonly Block[]): Block[] {
  const parts: Block[] = []
  let stays: Node[] = []
  const close = () => {
    if (stays.length > 0) parts.push({ node: withContent(around, stays), isChosen: false })
    stays = []
  }
  for (const block of blocks) {
    if (!block.isChosen) {
      stays.push(block.node)
      continue
    }
    close()
    parts.push(block)
  }
  close()
  return parts
}

function withContent(node: Node, content: readonly Node[]): Node {
  const isSame = node.childCount === content.length && content.every((each, at) => each === node.child(at))
  return isSame ? node : node.copy(Fragment.fromArray([...content]))
}

/** Returns the items that the chosen blocks in `child` become, and the other blocks; a list of this kind as a whole. */
function asItems(tr: Transaction, child: Child, list: NodeType): Block[] {
  const { node } = child
  if (!isChosen(tr, child)) return [{ node, isChosen: false }]
  if (node.isTextblock) {
    const paragraph = typeOf(tr, 'paragraph')
    const content = contentFor(node, paragraph.create()) ?? node.content
    return [{ node: itemOf(list).create(null, paragraph.create(null, content)), isChosen: true }]
  }
  if (node.type === list) return [{ node: listOf(tr, child, list), isChosen: true }]
  if (isList(node))
    return parted(
      node,
      childrenOf(child).map((item) =>
        isChosen(tr, item)
          ? { node: itemFor(tr, item, list), isChosen: true }
          : { node: item.node, isChosen: false },
      ),
    )
  if (isQuote(node))
    return parted(
      node,
      childrenOf(child).flatMap((inner) => asItems(tr, inner, list)),
    )
  return [{ node, isChosen: false }]
}

/** Returns a list as one of another kind, with the chosen lists in it. */
function listOf(tr: Transaction, child: Child, list: NodeType): Node {
  const items = childrenOf(child).map((item) => itemFor(tr, item, list))
  return child.node.type === list ? withContent(child.node, items) : list.create(null, items)
}

function itemFor(tr: Transaction, item: Child, list: NodeType): Node {
  const content = childrenOf(item).map((child) =>
    isList(child.node) && isChosen(tr, child) ? listOf(tr, child, list) : child.node,
  )
  return item.node.type === itemOf(list)
    ? withContent(item.node, content)
    : itemOf(list).create(null, content)
}

/** Returns the nodes with the chosen items and lists that follow each other as one list. */
function gathered(blocks: readonly Block[], list: NodeType): Node[] {
  const nodes: Node[] = []
  let open = false
  for (const { node, isChosen } of blocks) {
    const items = !isChosen ? null : isItem(node) ? [node] : node.type === list ? node.content.content : null
    const last = nodes.at(-1)
    if (!items) nodes.push(node)
    else if (open && last) nodes[nodes.length - 1] = withContent(last, [...last.content.content, ...items])
    else nodes.push(node.type === list ? node : list.create(null, items))
    open = items !== null
  }
  return nodes
}

function withoutCode(tr: Transaction, child: Child): Node[] {
  const { node } = child
  if (!isChosen(tr, child) || node.isAtom) return [node]
  if (!node.isTextblock)
    return [
      withContent(
        node,
        childrenOf(child).flatMap((each) => withoutCode(tr, each)),
      ),
    ]
  if (!node.type.spec.code) return [node]
  const { schema } = node.type
  return node.textContent
    .split('\n')
    .map((line) => typeOf(tr, 'paragraph').create(null, line === '' ? [] : [schema.text(line)]))
}
