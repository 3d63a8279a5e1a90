import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { reachesInto } from '#lib/editor/composition/update-reach.ts'
import { seededRandom } from '../../support/random.ts'

const SEED = 20_261_122
const ROUNDS = 400

/** Makes a local document with the caret in a paragraph of a list item, and a peer that has the same document. */
function scene() {
  const mine = new Y.Doc()
  const peer = new Y.Doc()
  const body = peer.getXmlFragment('body')
  const list = new Y.XmlElement('bulletList')
  const item = (text: string) => {
    const made = new Y.XmlElement('listItem')
    made.insert(0, [paragraph(text)])
    return made
  }
  body.insert(0, [paragraph('above'), list, paragraph('below')])
  list.insert(0, [item('first'), item('early late'), item('last')])
  Y.applyUpdate(mine, Y.encodeStateAsUpdate(peer))
  const block = elementAt(mine.getXmlFragment('body'), 1, 1, 0)
  return {
    mine,
    block,
    body,
    list,
    /** Returns the update that the peer's edit sends. */
    sent: (edit: () => void): Uint8Array => {
      const before = Y.encodeStateVector(peer)
      let update = new Uint8Array()
      const keep = (bytes: Uint8Array): void => {
        update = new Uint8Array(bytes)
      }
      peer.once('update', keep)
      peer.transact(edit)
      peer.off('update', keep)
      return update.length > 0 ? update : Y.encodeStateAsUpdate(peer, before)
    },
  }
}

function paragraph(text: string): Y.XmlElement {
  const made = new Y.XmlElement('paragraph')
  made.insert(0, [new Y.XmlText(text)])
  return made
}

function elementAt(parent: Y.XmlFragment, ...path: number[]): Y.XmlElement {
  const found = path.reduce<unknown>((at, index) => (at as Y.XmlFragment).get(index), parent)
  if (!(found instanceof Y.XmlElement)) throw new Error('no element there')
  return found
}

function textOf(element: Y.XmlElement): Y.XmlText {
  const text = element.get(0)
  if (!(text instanceof Y.XmlText)) throw new Error('no text there')
  return text
}

type Peer = Pick<ReturnType<typeof scene>, 'body' | 'list'>
const own = ({ list }: Peer): Y.XmlElement => elementAt(list, 1, 0)

const INTO: Record<string, (peer: Peer) => void> = {
  'types in it': (peer) => textOf(own(peer)).insert(3, 'x'),
  'deletes in it': (peer) => textOf(own(peer)).delete(0, 2),
  'formats something in it': (peer) => textOf(own(peer)).format(0, 2, { bold: true }),
  'puts a second text into it': (peer) => own(peer).insert(1, [new Y.XmlText('more')]),
  'sets an attribute of it': (peer) => own(peer).setAttribute('level', '2'),
  'sets an attribute of the list around it': ({ list }) => list.setAttribute('start', '2'),
  'takes it away': ({ list }) => elementAt(list, 1).delete(0, 1),
  'takes the list around it away': ({ body }) => body.delete(1, 1),
  'moves it by a paragraph above and types below in one': ({ body }) => {
    body.insert(0, [paragraph('new')])
    textOf(elementAt(body, 3)).insert(5, 'x')
  },
  'adds paragraphs above and below in one': ({ body }) => {
    body.insert(0, [paragraph('new')])
    body.insert(4, [paragraph('new')])
  },
  'types elsewhere and in it': (peer) => {
    textOf(elementAt(peer.body, 0)).insert(0, 'x')
    textOf(own(peer)).insert(0, 'y')
  },
}

const ELSEWHERE: Record<string, (peer: Peer) => void> = {
  'types above': ({ body }) => textOf(elementAt(body, 0)).insert(5, 'x'),
  'types and deletes in one': ({ body }) => {
    textOf(elementAt(body, 2)).insert(5, 'xyz')
    textOf(elementAt(body, 2)).delete(0, 7)
  },
  'types in another item of the list': ({ list }) => textOf(elementAt(list, 0, 0)).insert(5, 'x'),
  'formats below': ({ body }) => textOf(elementAt(body, 2)).format(0, 3, { bold: true }),
  'adds an item above': ({ list }) => {
    const item = new Y.XmlElement('listItem')
    item.insert(0, [paragraph('new')])
    list.insert(1, [item])
  },
  'adds a paragraph behind it in its item': ({ list }) => elementAt(list, 1).insert(1, [paragraph('new')]),
  'adds two paragraphs above': ({ body }) => body.insert(1, [paragraph('new'), paragraph('new')]),
  'types in two places': ({ body }) => {
    textOf(elementAt(body, 0)).insert(5, 'x')
    textOf(elementAt(body, 2)).insert(5, 'x')
  },
  'takes the item above away': ({ list }) => list.delete(0, 1),
  'sets an attribute of another block': ({ body }) => elementAt(body, 0).setAttribute('level', '2'),
  'sets the title': ({ body }) => body.doc?.getText('title').insert(0, 'Title'),
}

for (const [what, edit] of Object.entries(INTO))
  test(`reaches into the block: who ${what}`, () => {
    const { mine, block, sent, ...peer } = scene()
    expect(
      reachesInto(
        sent(() => edit(peer)),
        block,
        mine,
      ),
    ).toBe(true)
  })

for (const [what, edit] of Object.entries(ELSEWHERE))
  test(`does not reach into the block: who ${what}`, () => {
    const { mine, block, sent, ...peer } = scene()
    const update = sent(() => edit(peer))
    expect(reachesInto(update, block, mine)).toBe(false)
    Y.applyUpdate(mine, update)
    expect(reachesInto(update, block, mine), 'nor when it is here already').toBe(false)
  })

test('an update that builds on a missing edit waits with it', () => {
  const { mine, block, sent, ...peer } = scene()
  const [before, after] = [
    sent(() => textOf(own(peer)).insert(0, 'x')),
    sent(() => textOf(elementAt(peer.body, 0)).insert(0, 'y')),
  ]
  expect(reachesInto(after, block, mine)).toBe(true)
  Y.applyUpdate(mine, before)
  expect(reachesInto(after, block, mine)).toBe(false)
})

test(`${ROUNDS} random edits: what does not reach into the block leaves it as it is, and nothing pending (seed ${SEED})`, () => {
  const random = seededRandom(SEED)
  const pick = (below: number): number => Math.floor(random() * below)
  let elsewhere = 0
  for (let round = 0; round < ROUNDS; round++) {
    const { mine, block, sent, ...peer } = scene()
    const edits = Object.values({ ...INTO, ...ELSEWHERE })
    for (let i = 0; i < 4; i++) {
      const update = sent(() => {
        for (let n = pick(3); n >= 0; n--) {
          try {
            edits[pick(edits.length)]?.(peer)
          } catch (error) {
            // An earlier edit has deleted the subject of this one.
            expect((error as Error).message).toMatch(/there$|reading|Length exceeded/)
          }
        }
      })
      if (reachesInto(update, block, mine)) continue
      elsewhere++
      const was = looks(block)
      Y.applyUpdate(mine, update)
      expect(looks(block)).toBe(was)
      expect([mine.store.pendingStructs, mine.store.pendingDs]).toEqual([null, null])
    }
  }
  expect(elsewhere).toBeGreaterThan(ROUNDS / 10)
})

/** Returns the block and its ancestors, without the other children of those. */
function looks(block: Y.XmlElement): string {
  const around: unknown[] = []
  for (let type: unknown = block.parent; type instanceof Y.XmlElement; type = type.parent)
    around.push(type.nodeName, type.getAttributes(), type._item?.deleted)
  return JSON.stringify([block.toString(), block._item?.deleted, around])
}
