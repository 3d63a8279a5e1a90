import type * as Mdast from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table'
import { gfmTaskListItemFromMarkdown } from 'mdast-util-gfm-task-list-item'
import { cjkFriendlyExtension } from 'micromark-extension-cjk-friendly'
import { gfmStrikethroughCjkFriendly } from 'micromark-extension-cjk-friendly-gfm-strikethrough'
import { gfmTable } from 'micromark-extension-gfm-table'
import { gfmTaskListItem } from 'micromark-extension-gfm-task-list-item'
import { withLinks } from '../addresses-in-text.ts'
import { type Content, type ContentMark, HARD_BREAK, paragraph, textIn, textNode } from '../content.ts'
import { readHtml } from '../html/reading.ts'
import { isSafeHref } from '../schema.ts'

/*
 * Reads Markdown (CommonMark with GitHub's tables, tasks and strikethrough) as content that the schema allows. Emphasis
 * beside Chinese punctuation counts, as people write it, although CommonMark says it does not.
 */

/** Reads Markdown. Text is never dropped: signs that mean nothing here stay. */
export function readMarkdown(markdown: string): Content[] {
  const root = fromMarkdown(markdown, {
    extensions: [cjkFriendlyExtension(), gfmStrikethroughCjkFriendly(), gfmTable(), gfmTaskListItem()],
    mdastExtensions: [gfmStrikethroughFromMarkdown(), gfmTableFromMarkdown(), gfmTaskListItemFromMarkdown()],
  })
  const definitions = new Map<string, string>()
  collect(root.children, definitions)
  return withLinks(new Reader(definitions).blocks(root.children))
}

function collect(nodes: readonly Mdast.RootContent[], into: Map<string, string>): void {
  for (const node of nodes) {
    if (node.type === 'definition') {
      if (!into.has(node.identifier)) into.set(node.identifier, node.url)
    } else if ('children' in node) collect(node.children, into)
  }
}

/** Tags without a meaning here: their content is read as if they were not there. */
const PASSED = /^<\/?(?:mark|sub|sup|span|font|small|big|kbd|abbr|center|div|p|a|img)\b[^>]*>$/i
const TAG_MARKS: Readonly<Record<string, string>> = {
  u: 'underline',
  ins: 'underline',
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  s: 'strike',
  del: 'strike',
}

class Reader {
  /** The addresses of reference links, by identifier. */
  readonly #definitions: ReadonlyMap<string, string>

  constructor(definitions: ReadonlyMap<string, string>) {
    this.#definitions = definitions
  }

  blocks(nodes: readonly Mdast.RootContent[]): Content[] {
    return nodes.flatMap((node) => this.#block(node))
  }

  #block(node: Mdast.RootContent): Content[] {
    switch (node.type) {
      case 'heading':
        return [this.#text({ type: 'heading', attrs: { level: Math.min(4, node.depth) } }, node.children)]
      case 'paragraph':
        return [this.#text({ type: 'paragraph' }, node.children)]
      case 'blockquote': {
        const content = this.blocks(node.children)
        return [{ type: 'blockquote', content: content.length === 0 ? [paragraph()] : content }]
      }
      case 'list':
        return this.#lists(node)
      case 'code':
        return [
          {
            type: 'codeBlock',
            ...(node.lang ? { attrs: { language: node.lang } } : {}),
            ...(node.value === '' ? {} : { content: [textNode(node.value)] }),
          },
        ]
      case 'thematicBreak':
        return [{ type: 'horizontalRule' }]
      case 'table':
        return node.children.map((row) => paragraph(this.#row(row)))
      case 'html':
        return [...readHtml(node.value).blocks]
      case 'definition':
      case 'yaml':
        return []
      default:
        return 'children' in node ? this.blocks(node.children) : []
    }
  }

  #text(block: Content, nodes: readonly Mdast.PhrasingContent[]): Content {
    const content = this.#inline(nodes, [])
    while (content.at(-1)?.type === 'hardBreak') content.pop()
    return content.length === 0 ? block : { ...block, content }
  }

  /** Cells become a line with tabs between them. */
  #row(row: Mdast.TableRow): Content[] {
    return row.children.flatMap((cell, index) => [
      ...(index === 0 ? [] : [textNode('\t')]),
      ...this.#inline(cell.children, []).map((node) => (node.type === 'hardBreak' ? textNode(' ') : node)),
    ])
  }

  /** Items with boxes are tasks, in a list of their own. */
  #lists(list: Mdast.List): Content[] {
    const lists: Content[] = []
    for (const [index, node] of list.children.entries()) {
      const { item, checked } = this.#item(node)
      const type = checked !== null ? 'taskList' : list.ordered ? 'orderedList' : 'bulletList'
      const number = (list.start ?? 1) + index
      const last = lists.at(-1)
      if (last?.type === type) lists[lists.length - 1] = { ...last, content: [...(last.content ?? []), item] }
      else
        lists.push({
          type,
          ...(type === 'orderedList' && number !== 1 ? { attrs: { start: number } } : {}),
          content: [item],
        })
    }
    return lists
  }

  #item(node: Mdast.ListItem): { item: Content; checked: boolean | null } {
    const blocks = this.blocks(node.children)
    const [first, ...rest] = blocks
    // A box without a text is a text of its signs to GitHub's rule.
    const signs = first?.type === 'paragraph' ? /^\[([ xX])\]$/.exec(textIn(first)) : null
    const checked = node.checked ?? (signs ? signs[1] !== ' ' : null)
    const isEmpty =
      (signs && node.checked == null) || (first?.type === 'paragraph' && textIn(first).trim() === '')
    const content = isEmpty ? [paragraph(), ...rest] : blocks
    const whole = content[0]?.type === 'paragraph' ? content : [paragraph(), ...content]
    return checked === null
      ? { item: { type: 'listItem', content: whole }, checked }
      : { item: { type: 'taskItem', attrs: { checked }, content: whole }, checked }
  }

  #inline(nodes: readonly Mdast.PhrasingContent[], outer: readonly ContentMark[]): Content[] {
    let marks = outer
    return nodes.flatMap((node): Content[] => {
      if (node.type !== 'html') return this.#phrase(node, marks)
      const tag = /^<(\/?)([a-z]+)\s*>$/i.exec(node.value)
      const name = tag?.[2]?.toLowerCase() ?? ''
      const type = Object.hasOwn(TAG_MARKS, name) ? TAG_MARKS[name] : undefined
      if (tag && type) {
        marks = tag[1] === '' ? added(marks, { type }) : marks.filter((mark) => mark.type !== type)
        return []
      }
      if (/^<br\s*\/?>$/i.test(node.value)) return [HARD_BREAK]
      return PASSED.test(node.value) || node.value.startsWith('<!--') ? [] : [textNode(node.value, marks)]
    })
  }

  #phrase(node: Mdast.PhrasingContent, marks: readonly ContentMark[]): Content[] {
    switch (node.type) {
      case 'text': {
        const text = unwrapped(node.value)
        return text === '' ? [] : [textNode(text, marks)]
      }
      case 'strong':
        return this.#inline(node.children, added(marks, { type: 'bold' }))
      case 'emphasis':
        return this.#inline(node.children, added(marks, { type: 'italic' }))
      case 'delete':
        return this.#inline(node.children, added(marks, { type: 'strike' }))
      case 'inlineCode':
        return node.value === '' ? [] : [textNode(node.value, linkIn(marks) ?? [{ type: 'code' }])]
      case 'break':
        return [HARD_BREAK]
      case 'link':
        return this.#inline(node.children, linked(marks, node.url))
      case 'linkReference':
        return this.#inline(node.children, linked(marks, this.#definitions.get(node.identifier)))
      case 'image':
        return this.#picture(node.alt, node.url, marks)
      case 'imageReference':
        return this.#picture(node.alt, this.#definitions.get(node.identifier), marks)
      default:
        return []
    }
  }

  /** A picture elsewhere becomes a link to it: nothing is fetched. */
  #picture(
    alt: string | null | undefined,
    url: string | undefined,
    marks: readonly ContentMark[],
  ): Content[] {
    const text = alt || url || ''
    return text === '' ? [] : [textNode(text, linked(marks, url))]
  }
}

function linkIn(marks: readonly ContentMark[]): ContentMark[] | null {
  const links = marks.filter(({ type }) => type === 'link')
  return links.length === 0 ? null : links
}

function linked(marks: readonly ContentMark[], url: string | undefined): readonly ContentMark[] {
  return url !== undefined && isSafeHref(url) ? added(marks, { type: 'link', attrs: { href: url } }) : marks
}

function added(marks: readonly ContentMark[], mark: ContentMark): readonly ContentMark[] {
  return [...marks.filter(({ type }) => type !== mark.type), mark]
}

/** The line ends of the source are spaces, and nothing between Chinese characters. */
function unwrapped(text: string): string {
  return text
    .replace(
      /(?<=[\p{Script=Han}\u3000-\u303f\uff00-\uff60])\n(?=[\p{Script=Han}\u3000-\u303f\uff00-\uff60])/gu,
      '',
    )
    .replaceAll('\n', ' ')
}
