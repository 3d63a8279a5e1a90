import type * as Mdast from 'mdast'
import { gfmStrikethroughToMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmTaskListItemToMarkdown } from 'mdast-util-gfm-task-list-item'
import { toMarkdown } from 'mdast-util-to-markdown'
import type * as Y from 'yjs'
import {
  type Content,
  type ContentMark,
  contentOf,
  sameMark,
  sameMarks,
  textIn,
  textNode,
} from '../content.ts'
import { paperTitle } from '../html/page.ts'
import { levelOf } from '../html/writing.ts'
import { startOf } from '../text.ts'

/*
 * Writes content as Markdown (CommonMark with GitHub's tasks and strikethrough). Beside Chinese punctuation the signs
 * of emphasis would not count; there a neighbouring letter is written as a character reference, which every reader
 * shows as the letter.
 */

/** Returns a document as Markdown. A title that people set is its first heading. */
export function markdownOf(doc: Y.Doc): string {
  const title = paperTitle(doc)
  const heading: Content = { type: 'heading', attrs: { level: 1 }, content: [textNode(title)] }
  return writeMarkdown([...(title === '' ? [] : [heading]), ...contentOf(doc)])
}

/** Returns blocks as Markdown. Markdown has no empty paragraphs, so they are left out. */
export function writeMarkdown(blocks: readonly Content[]): string {
  return toMarkdown(
    { type: 'root', children: blocks.flatMap(blockNode) },
    {
      bullet: '-',
      bulletOther: '*',
      emphasis: '*',
      fences: true,
      listItemIndent: 'one',
      rule: '-',
      tightDefinitions: true,
      extensions: [gfmStrikethroughToMarkdown(), gfmTaskListItemToMarkdown()],
    },
  )
}

function blockNode(block: Content): Mdast.RootContent[] {
  const content = block.content ?? []
  switch (block.type) {
    case 'heading':
      return [{ type: 'heading', depth: depthOf(block), children: phrasing(content) }]
    case 'bulletList':
    case 'orderedList':
    case 'taskList':
      return [listNode(block)]
    case 'blockquote':
      return [{ type: 'blockquote', children: content.flatMap(blockNode).filter(isBlock) }]
    case 'codeBlock': {
      const language = block.attrs?.language
      return [{ type: 'code', lang: typeof language === 'string' ? language : null, value: textIn(block) }]
    }
    case 'horizontalRule':
      return [{ type: 'thematicBreak' }]
    default: {
      const children = phrasing(content)
      return children.length === 0 ? [] : [{ type: 'paragraph', children }]
    }
  }
}

function listNode(block: Content): Mdast.List {
  const ordered = block.type === 'orderedList'
  return {
    type: 'list',
    ordered,
    start: ordered ? startOf(block) : null,
    spread: false,
    children: (block.content ?? []).map((item) => {
      const children = (item.content ?? []).flatMap(blockNode).filter(isBlock)
      if (item.type !== 'taskItem') return { type: 'listItem', spread: false, children }
      // A box needs a paragraph to stand in.
      const whole: typeof children =
        children[0]?.type === 'paragraph' ? children : [{ type: 'paragraph', children: [] }, ...children]
      return { type: 'listItem', spread: false, checked: item.attrs?.checked === true, children: whole }
    }),
  }
}

function isBlock(node: Mdast.RootContent): node is Mdast.BlockContent {
  return ['paragraph', 'heading', 'list', 'blockquote', 'code', 'thematicBreak'].includes(node.type)
}

function depthOf(block: Content): 1 | 2 | 3 | 4 {
  return levelOf(block) as 1 | 2 | 3 | 4
}

/** Returns inline content, without line breaks at the end, where Markdown has none. */
function phrasing(content: readonly Content[]): Mdast.PhrasingContent[] {
  const runs: Run[] = []
  for (const node of content) {
    const last = runs.at(-1)
    const marks = node.marks ?? []
    if (last?.node.text !== undefined && node.text !== undefined && sameMarks(last.marks, marks))
      runs[runs.length - 1] = { node: textNode(last.node.text + node.text, marks), marks }
    else runs.push({ node, marks })
  }
  while (runs.at(-1)?.node.type === 'hardBreak') runs.pop()
  return nested(runs.flatMap(withoutOuterSpace))
}

interface Run {
  readonly node: Content
  readonly marks: readonly ContentMark[]
}

/** Spaces at the ends of emphasis go out of it: there the signs would not count. */
function withoutOuterSpace({ node, marks }: Run): Run[] {
  const found = /^(\s*)(.*?)(\s*)$/s.exec(node.text ?? '')
  if (node.text === undefined || !found || marks.length === 0 || hasMark(marks, 'code'))
    return [{ node, marks }]
  const [, before = '', text = '', after = ''] = found
  const outside = marks.filter(({ type }) => type === 'link' || type === 'underline')
  return [
    ...(before === '' ? [] : [{ node: textNode(before), marks: outside }]),
    ...(text === '' ? [] : [{ node: textNode(text), marks }]),
    ...(after === '' ? [] : [{ node: textNode(after), marks: outside }]),
  ]
}

/** Nests runs of marks: of the marks that begin at a place, the one that reaches furthest is the outermost. */
function nested(runs: readonly Run[]): Mdast.PhrasingContent[] {
  const children: Mdast.PhrasingContent[] = []
  for (let from = 0; from < runs.length; ) {
    const run = runs[from]
    if (!run) break
    const [mark, to] = furthest(runs, from)
    if (!mark) children.push(leaf(run))
    else
      children.push(
        ...wrapped(
          mark,
          runs
            .slice(from, to)
            .map(({ node, marks }) => ({ node, marks: marks.filter((each) => !sameMark(each, mark)) })),
        ),
      )
    from = to
  }
  return children
}

/** Returns the mark at a place that reaches furthest, and where it ends; no mark if the place has none. */
function furthest(runs: readonly Run[], from: number): [ContentMark | null, number] {
  let best: [ContentMark | null, number] = [null, from + 1]
  for (const mark of runs[from]?.marks ?? []) {
    if (mark.type === 'code') continue
    let to = from + 1
    while (to < runs.length && runs[to]?.marks.some((each) => sameMark(each, mark))) to += 1
    if (best[0] === null || to > best[1]) best = [mark, to]
  }
  return best
}

function wrapped(mark: ContentMark, runs: readonly Run[]): Mdast.PhrasingContent[] {
  const children = nested(runs)
  switch (mark.type) {
    case 'bold':
      return [{ type: 'strong', children }]
    case 'italic':
      return [{ type: 'emphasis', children }]
    case 'strike':
      return [{ type: 'delete', children }]
    case 'link':
      return [{ type: 'link', url: String(mark.attrs?.href ?? ''), children }]
    case 'underline':
      return [{ type: 'html', value: '<u>' }, ...children, { type: 'html', value: '</u>' }]
    default:
      return children
  }
}

function leaf({ node, marks }: Run): Mdast.PhrasingContent {
  if (node.type === 'hardBreak') return { type: 'break' }
  const value = node.text ?? textIn(node)
  return hasMark(marks, 'code') ? { type: 'inlineCode', value } : { type: 'text', value }
}

function hasMark(marks: readonly ContentMark[], type: string): boolean {
  return marks.some((mark) => mark.type === type)
}
