import * as Y from 'yjs'
import { seededRandom } from './random.ts'

const WORDS = 60_000
const WORDS_PER_BLOCK = 41
/** The share of Latin words; the others are one Han character. */
const LATIN_SHARE = 0.5
const DELETED_SHARE = 0.1

/**
 * Returns a document of 60,000 words, half of them Chinese. `typed`: letter by letter, all over its paragraphs, and
 * partly deleted. It is here and not beside the bench, which has a separate Yjs for its peers.
 */
export function longDocument(typed: boolean): { readonly doc: Y.Doc; readonly state: Uint8Array } {
  const random = seededRandom(60)
  const doc = new Y.Doc()
  const body = doc.getXmlFragment('body')
  for (let words = 0; words < WORDS; words += WORDS_PER_BLOCK) {
    const block = new Y.XmlElement('paragraph')
    const text = new Y.XmlText()
    block.insert(0, [text])
    body.push([block])
    const word = () => (random() < LATIN_SHARE ? `${'word'.slice(0, 1 + Math.floor(random() * 4))} ` : '字')
    const content = Array.from({ length: WORDS_PER_BLOCK }, word).join('')
    if (!typed) {
      text.insert(0, content)
      text.format(0, WORDS_PER_BLOCK, { bold: {} })
      continue
    }
    for (const character of content) {
      text.insert(Math.floor(random() * (text.length + 1)), character)
      if (random() < DELETED_SHARE) text.delete(Math.floor(random() * text.length), 1)
    }
  }
  return { doc, state: Y.encodeStateAsUpdate(doc) }
}
