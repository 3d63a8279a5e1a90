import { Fragment, type Mark, type ResolvedPos, type Schema, Slice } from '@tiptap/pm/model'
import { addressesIn, withLinks } from '#lib/document/addresses-in-text.ts'
import { type Content, paragraph, textNode } from '#lib/document/content.ts'
import { type ReadHtml, readHtml } from '#lib/document/html/reading.ts'
import { htmlOf } from '#lib/document/html/writing.ts'
import { isMarkdown } from '#lib/document/markdown/signs.ts'

/* Loaded for the first paste: turns what other programs copied into content of this editor. */

/** Deeper than any slice is open: ProseMirror opens it as far as it can. */
const WIDE_OPEN = 99

let last: { readonly html: string; readonly found: ReadHtml } | null = null

/** Reads HTML. A paste asks for the same HTML twice. */
export function read(html: string): ReadHtml {
  if (last?.html !== html) last = { html, found: readHtml(html) }
  return last.found
}

/** Forgets what was read last. */
export function forget(): void {
  last = null
}

/**
 * Returns HTML of others as HTML that ProseMirror reads exactly: only elements of the schema, no attribute that was
 * pasted as it came. `language`: the language of code, if the program said it beside the HTML.
 */
export function readableHtml(html: string, language: string | null): string {
  const { blocks, open } = read(html)
  const [start, end] = open ?? [WIDE_OPEN, WIDE_OPEN]
  return htmlOf(language === null ? blocks : blocks.map((block) => inLanguage(block, language))).replace(
    /^<(\w+)/,
    `<$1 data-pm-slice="${start} ${end} []"`,
  )
}

function inLanguage(block: Content, language: string): Content {
  return block.type === 'codeBlock' && !block.attrs?.language ? { ...block, attrs: { language } } : block
}

/** Returns true if a text is to be read as Markdown, whose reader must be loaded then. */
export function needsMarkdown({
  text,
  isPlain,
}: {
  readonly text: string
  readonly isPlain: boolean
}): boolean {
  return !isPlain && isMarkdown(text)
}

/** Returns text as a slice: each line that is not blank is a paragraph, with the formats at the place it goes to. */
export function sliceOfLines(text: string, $context: ResolvedPos, isPlain: boolean): Slice {
  const { schema } = $context.doc.type
  const marks = $context.marks()
  const lines = text.split(/(?:\r\n?|\n)+/).map((line) => paragraph(line === '' ? [] : [textNode(line)]))
  const fragment = fragmentOf(schema, isPlain ? lines : withLinks(lines))
  return Slice.maxOpen(marks.length === 0 ? fragment : formatted(fragment, marks))
}

/** Returns blocks as a slice. */
export function sliceOf(schema: Schema, blocks: readonly Content[]): Slice {
  return Slice.maxOpen(fragmentOf(schema, blocks))
}

/** Returns the address that a text consists of, null if it is anything else. */
export function onlyAddress(text: string): string | null {
  const trimmed = text.trim()
  const [found] = addressesIn(trimmed)
  return found && found.href === trimmed ? trimmed : null
}

function fragmentOf(schema: Schema, blocks: readonly Content[]): Fragment {
  const fragment = Fragment.fromJSON(schema, blocks)
  for (const node of fragment.content) node.check()
  return fragment
}

function formatted(fragment: Fragment, marks: readonly Mark[]): Fragment {
  return Fragment.fromArray(
    fragment.content.map((node) =>
      node.isText
        ? node.mark(marks.reduce((all, mark) => mark.addToSet(all), node.marks as readonly Mark[]))
        : node.copy(formatted(node.content, marks)),
    ),
  )
}
