import {
  joinBackward,
  liftEmptyBlock,
  setBlockType,
  splitBlock,
  toggleMark,
  wrapIn,
} from '@tiptap/pm/commands'
import { liftListItem, sinkListItem, splitListItem, wrapInList } from '@tiptap/pm/schema-list'
import { TextSelection } from '@tiptap/pm/state'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { syncKey } from '#lib/editor/binding/plugin-keys.ts'
import { seededRandom } from '../../support/random.ts'
import { pair, Replica, schema, send } from '../replica.ts'

describe('a remote key', () => {
  test('leaves every block but one the very same object', () => {
    const [a, b] = pair(['one', 'two', 'three', 'four'])
    const before = b.state.doc
    a.type('!', 8)
    send(a, b)
    expect(b.text).toBe('one|tw!o|three|four')
    const same = [0, 1, 2, 3].filter((index) => before.child(index) === b.state.doc.child(index))
    expect(same).toHaveLength(3)
  })

  test('at one’s caret comes behind it, before it moves it', () => {
    const [a, b] = pair(['hello'])
    b.select(3)
    a.type('XY', 3)
    send(a, b)
    expect(b.state.selection.head).toBe(3)
    a.type('Z', 1)
    send(a, b)
    expect(b.state.selection.head).toBe(4)
  })

  test('does not scroll the page', () => {
    const [a, b] = pair(['hello'])
    let scrolled = false
    const dispatch = b.dispatch.bind(b)
    b.dispatch = (tr) => {
      scrolled ||= tr.scrolledIntoView
      dispatch(tr)
    }
    a.type('x', 1)
    send(a, b)
    expect([b.text, scrolled]).toEqual(['xhello', false])
  })
})

test('a selection whose text is deleted by somebody else ends in a valid place', () => {
  const [a, b] = pair(['one', 'two', 'three'])
  b.select(7, 12)
  a.dispatch(a.state.tr.delete(5, 15))
  send(a, b)
  expect(b.text).toBe(a.text)
  expect(b.state.selection.$head.parent.isTextblock).toBe(true)
})

test('an emptied document shows an empty paragraph and writes nothing for it', () => {
  const [a, b] = pair(['one'])
  const before = Y.encodeStateVector(b.doc)
  a.fragment.delete(0, a.fragment.length)
  send(a, b)
  expect(b.state.doc.childCount).toBe(1)
  expect(b.text).toBe('')
  expect(Y.encodeStateVector(b.doc)).toEqual(before)
})

test('after an exception everything is rendered anew, and the next key reverts nothing', () => {
  const [a, b] = pair(['one', 'two'])
  const dispatch = b.dispatch.bind(b)
  let broken = true
  b.dispatch = (tr) => {
    if (broken) {
      broken = false
      throw new RangeError('planted')
    }
    dispatch(tr)
  }
  a.dispatch(a.state.tr.delete(1, 4))
  send(a, b)
  expect(b.reports).toHaveLength(1)
  expect(b.text).toBe('|two')
  b.type('!', 2)
  send(b, a)
  expect(b.text).toBe(a.text)
  expect(a.text).not.toContain('one')
})

test('undo puts the caret where it happened, and the next remote key leaves it there', () => {
  const [a, b] = pair(['hello', 'world'])
  const undo = new Y.UndoManager(b.fragment, { trackedOrigins: new Set([syncKey]), captureTimeout: 0 })
  b.type('!', 6)
  b.select(10)
  undo.undo()
  expect([b.text, b.state.selection.head]).toEqual(['hello|world', 6])
  b.select(9)
  a.type('x', 1)
  send(a, b)
  expect(b.state.selection.head).toBe(10)
})

/** One random thing a person does. */
function act(replica: Replica, random: () => number): void {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const size = replica.state.doc.content.size
  const place = () => Math.floor(random() * (size + 1))
  const { nodes, marks } = schema
  const item = pick([nodes.listItem, nodes.taskItem])
  const acts: (() => void)[] = [
    () =>
      replica.type(
        pick(['a', 'bb', '你', '、', 'hello ']),
        TextSelection.near(replica.state.doc.resolve(place())).head,
      ),
    () => {
      const [from, to] = [place(), place()].sort((x, y) => x - y) as [number, number]
      replica.select(from, Math.min(to, from + 12))
      replica.dispatch(replica.state.tr.deleteSelection())
    },
    () => replica.run(splitBlock),
    () => item && replica.run(splitListItem(item)),
    () => replica.run(joinBackward),
    () => replica.run(liftEmptyBlock),
    () => item && replica.run(sinkListItem(item)),
    () => item && replica.run(liftListItem(item)),
    () => {
      const type = pick([nodes.bulletList, nodes.orderedList, nodes.taskList])
      if (type) replica.run(wrapInList(type))
    },
    () => nodes.blockquote && replica.run(wrapIn(nodes.blockquote)),
    () => nodes.heading && replica.run(setBlockType(nodes.heading, { level: pick([1, 2, 3]) })),
    () => nodes.paragraph && replica.run(setBlockType(nodes.paragraph)),
    () => {
      const mark = pick([marks.bold, marks.italic, marks.code, marks.strike])
      replica.select(place(), place())
      if (mark) replica.run(toggleMark(mark))
    },
    () =>
      nodes.horizontalRule &&
      replica.dispatch(replica.state.tr.replaceSelectionWith(nodes.horizontalRule.create())),
  ]
  replica.select(place(), random() < 0.7 ? undefined : place())
  // Typing is most of what people do.
  const chosen = random() < 0.5 ? acts[0] : pick(acts)
  chosen?.()
}

describe('three replicas, random edits, random delivery', () => {
  const seeds = [1, 7, 42, Date.now() % 1_000_000]
  test.each(seeds)('seed %i: every editor shows what its Y.Doc says, after every step', (seed) => {
    const random = seededRandom(seed)
    const replicas = [1, 2, 3].map((id) => new Replica(id))
    const [first, ...others] = replicas
    if (!first) throw new Error('three replicas')
    first.type('The first paragraph. 第一段。', 1)
    for (const other of others) send(first, other)
    for (let step = 0; step < 400; step += 1) {
      const replica = replicas[Math.floor(random() * 3)] ?? first
      const other = replicas[Math.floor(random() * 3)] ?? first
      const changed = random() < 0.6 ? replica : other
      if (changed === replica) act(replica, random)
      else if (other !== replica) send(replica, other)
      const { doc } = changed.state
      doc.check()
      expect(doc.toJSON(), `seed ${seed}, step ${step}`).toEqual(changed.fresh().toJSON())
    }
    for (let round = 0; round < 3; round += 1)
      for (const from of replicas) for (const to of replicas) if (from !== to) send(from, to)
    for (const replica of replicas) {
      expect(replica.state.doc.toJSON()).toEqual(first.state.doc.toJSON())
      expect(replica.reports).toEqual([])
    }
  })
})
