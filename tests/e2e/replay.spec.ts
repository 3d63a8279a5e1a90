import { expect, type WebSocketRoute } from '@playwright/test'
import * as Y from 'yjs'
import { decodeEntries } from '#lib/protocol/log-row.ts'
import { decodeRow } from '#lib/protocol/messages/update.ts'
import { Decoder } from '#lib/protocol/packet-parser.ts'
import { type Edit, loadTrace } from '../support/trace.ts'
import { test } from './fixtures.ts'
import type { Writer } from './writer.ts'

/**
 * The size of the excerpt for each browser (driving Firefox is slow), and the minimum number of rounds in which both
 * type. `npm run faults` types the long one.
 */
const EXCERPTS = [
  { edits: 1_000, togetherIn: 21, tag: ['@chromium', '@long'] },
  { edits: 250, togetherIn: 5, tag: '@chromium' },
  { edits: 100, togetherIn: 1, tag: '@firefox' },
]
/** Longer runs are split: after each part both people see each other's. */
const ROUND = 25

test.describe.configure({ timeout: 240_000 })

/**
 * Messages from the server, held back while a round is typed: both people type without having seen the other's edits.
 */
class Downlink {
  /** Client ids in the rows of the log, in the order of their first appearance. */
  readonly clientIds: number[] = []
  readonly #parser = new Decoder()
  #held: (() => void)[] | null = null

  constructor() {
    this.#parser.on('decoded', ({ data }) => {
      if (!Array.isArray(data) || data[0] !== 'document:update' || !(data[1] instanceof Uint8Array)) return
      for (const { clientId } of decodeEntries(decodeRow(data[1]).entries)) {
        if (!this.clientIds.includes(clientId)) this.clientIds.push(clientId)
      }
    })
  }

  connect(page: WebSocketRoute): void {
    const server = page.connectToServer()
    page.onMessage((message) => server.send(message))
    server.onMessage((message) => {
      if (typeof message !== 'string') this.#parser.add(message)
      if (this.#held) this.#held.push(() => page.send(message))
      else page.send(message)
    })
  }

  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const send of held) send()
  }
}

for (const { edits, togetherIn, tag } of EXCERPTS) {
  test(`${edits} recorded edits of two people, typed into one code block on two pages, give what Yjs alone gives`, {
    tag,
  }, async ({ newPerson }) => {
    const links = [new Downlink(), new Downlink()]
    const people: Writer[] = []
    for (const link of links) {
      const person = await newPerson()
      await person.page.routeWebSocket(
        (url) => url.pathname.startsWith('/socket'),
        (socket) => link.connect(socket),
      )
      people.push(person)
    }
    const [mei, akira] = people
    if (!mei || !akira) throw new Error('two people are needed')
    await mei.startWriting()
    await mei.type('``` ')
    await mei.seesSaved()
    await akira.open(mei.page.url())

    // The same in one process. Client ids are known once both have typed; only their order matters.
    await mei.type('a')
    await expect.poll(() => codeOf(akira)).toBe('a')
    await placeCaret(akira, 1, 0)
    await akira.type('b')
    await expect.poll(() => codeOf(mei)).toBe('ab')
    const [meiId = 0, akiraId = 0] = links[0]?.clientIds ?? []
    expect(meiId).not.toBe(akiraId)
    const docs = [new Y.Doc(), new Y.Doc()]
    const [first, second] = docs
    if (!first || !second) throw new Error('two documents are needed')
    first.clientID = meiId
    second.clientID = akiraId
    textOf(first).insert(0, 'a')
    exchange(first, second)
    textOf(second).insert(1, 'b')
    exchange(first, second)

    let typed = 0
    let together = 0
    for (const round of rounds(edits)) {
      if (round.every((part) => part.length > 0)) together++
      for (const link of links) link.hold()
      for (const [author, part] of round.entries()) {
        const person = people[author]
        const doc = docs[author]
        if (!person || !doc) continue
        for (const edit of part) {
          await typeEdit(person, doc, edit)
          typed++
        }
        await expect.poll(() => codeOf(person), 'what was typed stands there').toBe(textOf(doc).toString())
      }
      for (const link of links) link.release()
      exchange(first, second)
      for (const person of people) await expect.poll(() => codeOf(person)).toBe(textOf(first).toString())
    }
    expect(typed).toBe(edits)
    expect(together).toBeGreaterThanOrEqual(togetherIn)
    for (const person of people) await person.seesSaved()
  })
}

/**
 * Returns the first recorded edits as rounds: in each, what every author typed without having seen the other's edits.
 */
function rounds(wanted: number): Edit[][][] {
  const made: Edit[][][] = []
  let left = wanted
  for (const { author, seen, pieces } of loadTrace('friendsforever').runs) {
    const edits = pieces.flatMap((piece) => piece.edits).slice(0, left)
    left -= edits.length
    for (let i = 0; i < edits.length; i += ROUND) {
      const part = edits.slice(i, i + ROUND)
      const open = made.at(-1)
      // In the round of the other author's run if both ran at the same time.
      if (i === 0 && seen.every((count) => count > 0) && open && open[author]?.length === 0)
        open[author] = part
      else made.push(author === 0 ? [part, []] : [[], part])
    }
    if (left === 0) break
  }
  return made
}

/** Types one edit on the page and makes it in the document; positions beyond the text are its end. */
async function typeEdit(person: Writer, doc: Y.Doc, edit: Edit): Promise<void> {
  const text = textOf(doc)
  for (const [place, removed, inserted] of edit) {
    const from = Math.min(place, text.length)
    const length = Math.min(removed, text.length - from)
    await placeCaret(person, from, length)
    if (length > 0) {
      await person.press('Backspace')
      text.delete(from, length)
    }
    if (inserted === '') continue
    for (const [index, line] of inserted.split('\n').entries()) {
      if (index > 0) await person.press('Enter')
      if (line !== '') await person.page.keyboard.insertText(line)
    }
    text.insert(from, inserted)
  }
}

/** Selects `length` characters of the code from `from`, with a position inside a text node, as a click would give. */
async function placeCaret(person: Writer, from: number, length: number): Promise<void> {
  await person.body.evaluate(
    async (body, [begin, end]) => {
      const code = body.querySelector('pre code')
      if (!code) throw new Error('there is no code block')
      const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT, (node) =>
        node.parentElement?.closest('.ProseMirror-widget')
          ? NodeFilter.FILTER_REJECT
          : NodeFilter.FILTER_ACCEPT,
      )
      const spot = (offset: number): [Node, number] => {
        let left = offset
        let last: Node = code
        texts.currentNode = code
        for (let text = texts.nextNode(); text; text = texts.nextNode()) {
          const size = text.textContent?.length ?? 0
          if (left <= size) return [text, left]
          left -= size
          last = text
        }
        return [last, last === code ? 0 : (last.textContent?.length ?? 0)]
      }
      body.focus()
      const [anchor, anchorOffset] = spot(begin)
      const [focus, focusOffset] = spot(end)
      const selection = document.getSelection()
      if (!selection) throw new Error('there is no selection')
      const { anchorNode, focusNode } = selection
      const isThere = anchorNode === anchor && selection.anchorOffset === anchorOffset
      if (isThere && focusNode === focus && selection.focusOffset === focusOffset) return
      // This event informs the editor, later than a driven page can press a key.
      const heard = new Promise((resolve) =>
        document.addEventListener('selectionchange', () => setTimeout(resolve), { once: true }),
      )
      selection.setBaseAndExtent(anchor, anchorOffset, focus, focusOffset)
      await heard
    },
    [from, from + length] as const,
  )
}

function codeOf(person: Writer): Promise<string> {
  return person.body.evaluate((body) => {
    const code = body.querySelector('pre code')?.cloneNode(true)
    if (!(code instanceof Element)) return ''
    for (const widget of code.querySelectorAll('.ProseMirror-widget, .ProseMirror-trailingBreak'))
      widget.remove()
    return code.textContent ?? ''
  })
}

function textOf(doc: Y.Doc): Y.Text {
  return doc.getText('code')
}

function exchange(a: Y.Doc, b: Y.Doc): void {
  Y.applyUpdate(a, Y.encodeStateAsUpdate(b, Y.encodeStateVector(a)))
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a, Y.encodeStateVector(b)))
}
