import * as Y from 'yjs'
import { AUTHOR } from './typing.ts'

/** A document with a past: the updates that made it, each small enough for one message, and its state. */
export interface LongDocument {
  readonly updates: readonly Uint8Array[]
  readonly state: Uint8Array
  /** The state vector of a replica that has all of it. */
  readonly vector: Uint8Array
}

const PARAGRAPHS = 200
/** Changes in one update: well below the limit of one batch. */
const CHANGES = 500
const WORDS = ['here ', 'are ', 'the ', 'words ', 'somebody ', 'put ', 'into ', 'this ', 'text ']

const made = new Map<string, LongDocument>()

/**
 * Returns `bytes` of state, made of words inserted here and there, as in a text that is worked on. Made once and
 * kept.
 */
export function longDocument(bytes: number): LongDocument {
  return kept(`words ${bytes}`, bytes, (texts, random) => {
    for (let i = 0; i < CHANGES; i++) {
      const text = texts[random(texts.length)]
      text?.insert(random(text.length + 1), WORDS[random(WORDS.length)] ?? ' ')
    }
  })
}

/** Returns `bytes` of state, made of long passages pasted one after the other. */
export function pastedDocument(bytes: number): LongDocument {
  const passage = WORDS.join('').repeat(256)
  return kept(`passages ${bytes}`, bytes, (texts, random) => {
    for (let i = 0; i < 8; i++) texts[random(texts.length)]?.insert(0, passage)
  })
}

function kept(
  key: string,
  bytes: number,
  write: (texts: readonly Y.XmlText[], random: (below: number) => number) => void,
): LongDocument {
  const known = made.get(key)
  if (known) return known
  const doc = new Y.Doc()
  doc.clientID = AUTHOR
  const updates: Uint8Array[] = []
  let written = 0
  doc.on('update', (update: Uint8Array) => {
    updates.push(update)
    written += update.length
  })
  const random = numbers(7)
  const texts = Array.from({ length: PARAGRAPHS }, () => new Y.XmlText(' '))
  doc.transact(() => {
    const paragraphs = texts.map((text) => {
      const paragraph = new Y.XmlElement('paragraph')
      paragraph.insert(0, [text])
      return paragraph
    })
    doc.getXmlFragment('body').insert(0, paragraphs)
  })
  while (written < bytes) doc.transact(() => write(texts, random))
  const document = {
    updates,
    state: Y.encodeStateAsUpdate(doc),
    vector: Y.encodeStateVector(doc),
  }
  doc.destroy()
  made.set(key, document)
  return document
}

/** Returns a generator of whole numbers below a bound, the same in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
