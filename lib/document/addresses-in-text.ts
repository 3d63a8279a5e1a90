import { type Content, textNode } from './content.ts'
import { isSafeHref } from './schema.ts'

/*
 * Finds web addresses in text. Only addresses with a scheme: a word with a dot in it is not one. Chinese, Japanese and
 * Korean text continues after an address without a space, so an address ends before their punctuation.
 */

/** An address in a text: its place in UTF-16 units, and the address. */
export interface FoundAddress {
  readonly from: number
  readonly to: number
  readonly href: string
}

/** Signs that no address contains unescaped: spaces, quotes, brackets, and punctuation of full width. */
const NO_ADDRESS =
  '\\s\\p{Cc}\\p{Zs}<>"`\\\\^{|}\\u00ab\\u00bb\\u2018-\\u201f\\u2026\\u2039\\u203a\\u200b\\u2014\\u2015\\u3000-\\u303f\\u30fb\\ufe10-\\ufe1f\\ufe30-\\ufe6b\\uff01-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65\\ufeff\\ufffc'
const ADDRESS = new RegExp(`(?<![\\p{Script=Latin}\\p{Nd}+.-])(?:https?://|mailto:)[^${NO_ADDRESS}]+`, 'giu')
/** Ends an address, wherever it comes. */
export const ENDS_ADDRESS = new RegExp(`^[${NO_ADDRESS}]`, 'u')
/** Punctuation of the sentence, if it comes last. */
const TRAILING = /[.,:;!?'*_~]/
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[' }
/** An ASCII host, an optional port, and the Han text right behind it: `https://example.com謝謝`. */
const HOST_BEFORE_HAN =
  /^(https?:\/\/(?:[^\s/?#@]*@)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.?(?::\d+)?)(?=[^\p{ASCII}])/iu
/** The longest address. */
const LONGEST = 2000

/** Returns the addresses in a text, in order. */
export function addressesIn(text: string): FoundAddress[] {
  return [...text.matchAll(ADDRESS)].flatMap((match) => {
    const href = addressAtStart(match[0])
    return href === null ? [] : [{ from: match.index, to: match.index + href.length, href }]
  })
}

function addressAtStart(text: string): string | null {
  const host = HOST_BEFORE_HAN.exec(text)?.[1]
  const whole = host !== undefined && /\.[a-z0-9-]+(:\d+)?$/i.test(host) ? host : text
  const href = whole.slice(0, endOf(whole.slice(0, LONGEST + 1)))
  const named = /^https?:\/\/(?:[^/?#@]*@)?[\p{L}\p{N}[]/iu.test(href) || /^mailto:[^@]+@[^@]+/i.test(href)
  return named && href.length <= LONGEST && isSafeHref(href) ? href : null
}

/** Returns where an address ends: before the signs that end the sentence or close a bracket opened before it. */
function endOf(text: string): number {
  const surplus: Record<string, number> = {}
  for (const [closing, opening] of Object.entries(PAIRS))
    surplus[closing] = text.split(closing).length - text.split(opening).length
  let end = text.length
  for (; end > 0; end--) {
    const last = text[end - 1] ?? ''
    const left = surplus[last]
    if (left === undefined ? !TRAILING.test(last) : left <= 0) break
    if (left !== undefined) surplus[last] = left - 1
  }
  return end
}

/** Makes the addresses in blocks links, except in code and where text is a link already. */
export function withLinks(nodes: readonly Content[]): Content[] {
  return nodes.flatMap((node) => {
    if (node.text !== undefined) return linked(node, node.text)
    if (!node.content || node.type === 'codeBlock') return [node]
    return [{ ...node, content: withLinks(node.content) }]
  })
}

function linked(node: Content, text: string): Content[] {
  const marks = node.marks ?? []
  if (marks.some(({ type }) => type === 'code' || type === 'link')) return [node]
  const parts: Content[] = []
  let done = 0
  for (const { from, to, href } of addressesIn(text)) {
    if (from > done) parts.push(textNode(text.slice(done, from), marks))
    parts.push(textNode(text.slice(from, to), [...marks, { type: 'link', attrs: { href } }]))
    done = to
  }
  if (done === 0) return [node]
  if (done < text.length) parts.push(textNode(text.slice(done), marks))
  return parts
}
