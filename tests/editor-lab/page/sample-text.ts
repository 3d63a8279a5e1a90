import type { JSONContent } from '@tiptap/core'
import { seededRandom } from '../../support/random.ts'

const ENGLISH =
  'people write together and nobody waits for anybody while the page stays calm under every hand that types a word'.split(
    ' ',
  )
const CHINESE = [...'大家一起寫字時每個人都不必等待別人頁面在每隻手下保持平靜而文字不會遺失也不會重複']

/**
 * Returns a text of so many words: headings, paragraphs, lists, 4 × 3 tables, half of it English, half Chinese.
 * Always the same one.
 */
export function sampleText(words: number): JSONContent[] {
  const random = seededRandom(words)
  const blocks: JSONContent[] = []
  let left = words
  const inline = (most: number): JSONContent[] => {
    const count = Math.max(1, Math.min(left, most))
    left -= count
    return [{ type: 'text', text: sentence(count, blocks.length % 2 === 0, random) }]
  }
  const paragraph = (most: number): JSONContent => ({ type: 'paragraph', content: inline(most) })
  for (let section = 0; left > 0; section++) {
    blocks.push({ type: 'heading', attrs: { level: 1 + (section % 4) }, content: inline(6) })
    for (let i = 0; i < 6 && left > 0; i++) blocks.push(paragraph(20 + Math.floor(random() * 50)))
    if (left > 0) blocks.push(list(section % 2 === 0 ? 'bulletList' : 'orderedList', () => paragraph(10)))
    if (left > 0 && section % 3 === 2) blocks.push(table(() => paragraph(3)))
  }
  return blocks
}

function list(type: string, item: () => JSONContent): JSONContent {
  const content = Array.from({ length: 5 }, () => ({ type: 'listItem', content: [item()] }))
  return { type, content }
}

function table(cell: () => JSONContent): JSONContent {
  const row = (type: string): JSONContent => ({
    type: 'tableRow',
    content: Array.from({ length: 3 }, () => ({ type, content: [cell()] })),
  })
  return {
    type: 'table',
    content: [row('tableHeader'), row('tableCell'), row('tableCell'), row('tableCell')],
  }
}

function sentence(count: number, english: boolean, random: () => number): string {
  const from = english ? ENGLISH : CHINESE
  const words = Array.from({ length: count }, () => from[Math.floor(random() * from.length)] ?? '')
  return english ? words.join(' ') : words.join('')
}
