import type { Node } from '@tiptap/pm/model'
import { NodeSelection, TextSelection, type Transaction } from '@tiptap/pm/state'
import { CellSelection } from '@tiptap/pm/tables'
import { describe, expect, test } from 'vitest'
import { absolutePosition, relativePosition } from '#lib/editor/binding/positions.ts'
import { Replica, send } from '../replica.ts'
import { WIDE, wideSchema } from './wide-schema.ts'

const paragraph = (text: string) =>
  wideSchema.node('paragraph', null, text === '' ? [] : [wideSchema.text(text)])
const cell = (text: string) => wideSchema.node('tableCell', null, [paragraph(text)])
const item = (...content: Node[]) => wideSchema.node('listItem', null, content)

/** Paragraphs, a nested list, a table; every text is different, with repeated letters in it. */
const BLOCKS = [
  paragraph('aaa first'),
  wideSchema.node('bulletList', null, [
    item(paragraph('bbb second'), wideSchema.node('bulletList', null, [item(paragraph('ccc third'))])),
    item(paragraph('ddd fourth')),
  ]),
  wideSchema.node('table', null, [
    wideSchema.node('tableRow', null, [cell('eee fifth'), cell('fff sixth')]),
    wideSchema.node('tableRow', null, [cell('ggg seventh'), cell('')]),
  ]),
  wideSchema.node('horizontalRule'),
  paragraph('hhh last'),
]
const TEXTS = [
  'aaa first',
  'bbb second',
  'ccc third',
  'ddd fourth',
  'eee fifth',
  'fff sixth',
  'ggg seventh',
  'hhh last',
]

/**
 * Makes two replicas with the same blocks, a peer's and the local one, and collects the transactions from the peer.
 */
function scene(): { peer: Replica; me: Replica; shown: Transaction[] } {
  const [peer, me] = [new Replica(1, [], WIDE), new Replica(2, [], WIDE)]
  peer.dispatch(peer.state.tr.replaceWith(0, peer.state.doc.content.size, BLOCKS))
  send(peer, me)
  const shown: Transaction[] = []
  const dispatch = me.dispatch.bind(me)
  me.dispatch = (tr) => {
    shown.push(tr)
    dispatch(tr)
  }
  return { peer, me, shown }
}

/** Returns where a text begins. */
function placeOf({ state }: Replica, text: string): number {
  let found = -1
  state.doc.descendants((node, position) => {
    if (node.isText && node.text?.startsWith(text.slice(0, 3))) found = position
  })
  return found
}

describe('one remote character', () => {
  test.each(TEXTS)(
    'in "%s" deletes no position, in that text or elsewhere, and moves exactly what is behind it',
    (text) => {
      const { peer, me, shown } = scene()
      const at = placeOf(peer, text) + 2
      peer.select(at)
      peer.type('a')
      const { size } = me.state.doc.content
      send(peer, me)
      const [tr] = shown
      expect(shown).toHaveLength(1)
      for (let position = 0; position <= size; position += 1) {
        const mapped = tr?.mapping.mapResult(position, -1)
        expect(mapped?.deleted).toBe(false)
        expect(mapped?.pos).toBe(position > at ? position + 1 : position)
      }
    },
  )

  test.each(TEXTS)('in "%s" leaves every top-level node but one the very same object', (text) => {
    const { peer, me } = scene()
    const before = me.state.doc
    peer.type('a', placeOf(peer, text) + 2)
    send(peer, me)
    const { doc } = me.state
    const changed = doc.content.content.filter((node, index) => node !== before.child(index))
    expect(doc.childCount).toBe(before.childCount)
    expect(changed).toHaveLength(1)
  })

  test('that is deleted or made bold deletes no other position', () => {
    const { peer, me, shown } = scene()
    const at = placeOf(peer, 'ccc')
    peer.dispatch(peer.state.tr.delete(at, at + 1).addMark(at, at + 2, wideSchema.mark('bold')))
    const { size } = me.state.doc.content
    send(peer, me)
    const deleted = Array.from({ length: size + 1 }, (_, position) => position).filter(
      (position) => shown[0]?.mapping.mapResult(position).deletedAcross,
    )
    expect(deleted).toEqual([])
    expect(me.state.doc.eq(peer.state.doc)).toBe(true)
  })
})

test('a remote attribute change moves nothing and replaces no node in it', () => {
  const { peer, me, shown } = scene()
  const at = placeOf(peer, 'eee') - 2
  peer.dispatch(peer.state.tr.setNodeAttribute(at, 'colspan', 1).setNodeAttribute(at, 'colwidth', [100]))
  const before = me.state.doc.nodeAt(at)
  send(peer, me)
  expect(me.state.doc.nodeAt(at)?.attrs.colwidth).toEqual([100])
  expect(me.state.doc.nodeAt(at)?.firstChild).toBe(before?.firstChild)
  expect(shown[0]?.mapping.maps.every((map) => map.toString() === '[]')).toBe(true)
})

test('a row that is added above leaves the cells below it the same objects', () => {
  const { peer, me } = scene()
  const before = me.state.doc.child(2)
  const row = wideSchema.node('tableRow', null, [cell('new'), cell('row')])
  peer.dispatch(peer.state.tr.insert(placeOf(peer, 'eee') - 3, row))
  send(peer, me)
  const after = me.state.doc.child(2)
  expect(after.childCount).toBe(3)
  expect([after.child(1), after.child(2)]).toEqual([before.child(0), before.child(1)])
  expect(after.child(1) === before.child(0) && after.child(2) === before.child(1)).toBe(true)
})

test('every position has a place in the Y.Doc that leads back to it', () => {
  const { me } = scene()
  const { shown } = me.binding
  for (let position = 0; shown && position <= me.state.doc.content.size; position += 1) {
    const place = relativePosition(shown, position)
    expect(place && absolutePosition(shown, place)).toBe(position)
  }
})

describe('a selection', () => {
  test('of a node stays when a peer writes elsewhere', () => {
    const { peer, me } = scene()
    let at = 0
    me.state.doc.forEach((node, offset) => {
      if (node.type.name === 'horizontalRule') at = offset
    })
    me.dispatch(me.state.tr.setSelection(NodeSelection.create(me.state.doc, at)))
    peer.type('more', placeOf(peer, 'aaa'))
    send(peer, me)
    const { selection } = me.state
    expect(selection instanceof NodeSelection && selection.node.type.name).toBe('horizontalRule')
  })

  test('of cells stays when a peer writes in another block, or in the table', () => {
    const { peer, me } = scene()
    const [first, second] = [placeOf(me, 'eee') - 2, placeOf(me, 'fff') - 2]
    me.dispatch(me.state.tr.setSelection(CellSelection.create(me.state.doc, first, second)))
    for (const text of ['aaa', 'ggg']) {
      peer.type('more', placeOf(peer, text))
      send(peer, me)
      const { selection } = me.state
      if (!(selection instanceof CellSelection)) throw new Error('no cells')
      const texts: string[] = []
      selection.forEachCell((node) => texts.push(node.textContent))
      expect(texts).toEqual(['eee fifth', 'fff sixth'])
    }
  })

  test('of a range keeps to what was in it', () => {
    const { peer, me } = scene()
    const start = placeOf(me, 'hhh')
    me.select(start + 4, start + 8)
    peer.type('X', start + 8)
    peer.type('Y', start + 4)
    send(peer, me)
    const { from, to } = me.state.selection
    expect(me.state.doc.textBetween(from, to)).toBe('last')
  })

  test('that is a caret stays before what is inserted exactly there, in a text and in an empty cell', () => {
    const { peer, me } = scene()
    const places = [() => placeOf(me, 'ccc') + 3, () => placeOf(me, 'ggg') + 'ggg seventh'.length + 4]
    for (const place of places) {
      const at = place()
      me.select(at)
      peer.type('X', at)
      send(peer, me)
      expect(me.state.selection.head).toBe(at)
      expect(me.state.doc.textBetween(at, at + 1)).toBe('X')
    }
  })

  test('stays near its block when a peer turns that into a heading', () => {
    const { peer, me } = scene()
    const at = placeOf(me, 'hhh') + 4
    me.select(at)
    const heading = wideSchema.nodes.heading
    if (heading) peer.dispatch(peer.state.tr.setBlockType(at, at, heading, { level: 1 }))
    send(peer, me)
    expect(me.state.selection instanceof TextSelection).toBe(true)
    expect(me.state.selection.$head.index(0)).toBe(4)
  })

  test('keeps the format that the next letter was to have', () => {
    const { peer, me } = scene()
    me.select(placeOf(me, 'hhh') + 2)
    me.dispatch(me.state.tr.addStoredMark(wideSchema.mark('bold')))
    peer.type('X', placeOf(peer, 'aaa'))
    send(peer, me)
    expect(me.state.storedMarks?.map(({ type }) => type.name)).toEqual(['bold'])
  })
})
