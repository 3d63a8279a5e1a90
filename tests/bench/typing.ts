import * as Y from 'yjs'

/** One person's keystrokes, made in advance: update k has exactly one new clock, k. */
export interface Editor {
  readonly clientId: number
  readonly updates: readonly Uint8Array[]
}

export interface Typing {
  /** One paragraph for each editor, by a separate client id. */
  readonly base: Uint8Array
  readonly editors: readonly Editor[]
}

/** Client id of the document's creator. */
export const AUTHOR = 1
const FIRST_EDITOR = 1000
/** Once in this many characters there is a mistake, which is replaced. */
const MISTAKE_EVERY = 16
const PHRASE = 'The quick brown fox jumps over the lazy dog and writes about it. '

/** Returns the client id of an editor by its number. */
export function editorId(editor: number): number {
  return FIRST_EDITOR + editor
}

const made = new Map<string, Typing>()

/**
 * Returns the typing of `editors` people, `keystrokes` characters each, everyone at the end of their own paragraph.
 * Made once and kept.
 */
export function typing(editors: number, keystrokes: number): Typing {
  const key = `${editors} ${keystrokes}`
  const known = made.get(key) ?? makeTyping(editors, keystrokes)
  made.set(key, known)
  return known
}

function makeTyping(editors: number, keystrokes: number): Typing {
  const author = new Y.Doc()
  author.clientID = AUTHOR
  author.transact(() => {
    const body = author.getXmlFragment('body')
    for (let i = 0; i < editors; i++) {
      const paragraph = new Y.XmlElement('paragraph')
      paragraph.insert(0, [new Y.XmlText(`${i}: `)])
      body.push([paragraph])
    }
  })
  const base = Y.encodeStateAsUpdate(author)
  return {
    base,
    editors: Array.from({ length: editors }, (_, i) => makeEditor(base, i, keystrokes)),
  }
}

function makeEditor(base: Uint8Array, paragraph: number, keystrokes: number): Editor {
  const doc = new Y.Doc()
  doc.clientID = editorId(paragraph)
  Y.applyUpdate(doc, base)
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const element = doc.getXmlFragment('body').get(paragraph)
  const text = element instanceof Y.XmlElement ? element.get(0) : null
  if (!(text instanceof Y.XmlText)) throw new Error('no paragraph to type in')
  let end = text.length
  for (let k = 0; k < keystrokes; k++) {
    const character = PHRASE[k % PHRASE.length] ?? ' '
    doc.transact(() => {
      if (k % MISTAKE_EVERY === MISTAKE_EVERY - 1) text.delete(--end, 1)
      text.insert(end++, character)
    })
  }
  doc.destroy()
  if (updates.length !== keystrokes) throw new Error('a keystroke made no update')
  return { clientId: doc.clientID, updates }
}
