/* Over 350 lines: each test is one short scene of undo, and they share the scene at the top. */

import {
  deleteSelection,
  joinBackward,
  lift,
  setBlockType,
  splitBlock,
  toggleMark,
  wrapIn,
} from '@tiptap/pm/commands'
import { liftListItem, sinkListItem, splitListItem, wrapInList } from '@tiptap/pm/schema-list'
import { type Command, TextSelection } from '@tiptap/pm/state'
import { yUndoPluginKey } from '@tiptap/y-tiptap'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { undoPlugin } from '#lib/editor/binding/undo.ts'
import { UndoStack } from '#lib/editor/binding/undo-stack.ts'
import { seededRandom } from '../../support/random.ts'
import { pair, Replica, schema, send } from '../replica.ts'

const { nodes, marks } = schema
const given = <T>(type: T | undefined): T => {
  if (type === undefined) throw new Error('not in the schema')
  return type
}

/** Makes two replicas, a peer's and the local one with undo. */
function scene(...paragraphs: string[]): { peer: Replica; me: Replica } {
  const [peer, me] = pair(paragraphs, [undoPlugin()])
  return { peer, me }
}

const stackOf = ({ state }: Replica): Y.UndoManager => yUndoPluginKey.getState(state).undoManager
/** Makes the last edit seem long ago. */
const pause = (replica: Replica) => {
  stackOf(replica).lastChange -= 1000
}
/** Dispatches a transaction without changes, as caret layers and presence do all the time. */
const traffic = (replica: Replica) => replica.dispatch(replica.state.tr.setMeta('carets', []))

test('the last local step is undone, and what others wrote meanwhile stays', () => {
  const { peer, me } = scene('hello', 'world')
  me.select(6)
  me.type('!')
  peer.type('?', 13)
  send(peer, me)
  expect(me.text).toBe('hello!|world?')
  stackOf(me).undo()
  expect(me.text).toBe('hello|world?')
  stackOf(me).undo()
  expect(me.text).toBe('hello|world?')
  stackOf(me).redo()
  expect(me.text).toBe('hello!|world?')
})

describe('a step', () => {
  test('ends where the next key comes somewhere else, also when the browser tells of the click only with it', () => {
    const { me } = scene('hello', 'world')
    me.select(6)
    me.type('a')
    const { tr } = me.state
    me.dispatch(tr.insertText('b', 9).setSelection(TextSelection.create(tr.doc, 10)))
    me.type('c')
    expect(me.text).toBe('helloa|bcworld')
    stackOf(me).undo()
    expect(me.text).toBe('helloa|world')
  })

  test('is the typed text and the list made of it meanwhile', () => {
    const { me } = scene('hello', 'world')
    me.select(6)
    me.type('a')
    me.run(wrapInList(given(nodes.bulletList)))
    me.type('b')
    expect(me.text).toBe('helloab|world')
    stackOf(me).undo()
    expect([me.text, me.state.doc.child(0).type.name]).toEqual(['hello|world', 'paragraph'])
  })

  test('is three quick keys, whatever others write and wherever their carets go between them', () => {
    const { peer, me } = scene('hello', 'world')
    me.select(6)
    for (const key of ['a', 'b', 'c']) {
      me.type(key)
      peer.type('x', 1)
      send(peer, me)
      traffic(me)
    }
    expect(me.text).toBe('xxxhelloabc|world')
    stackOf(me).undo()
    expect(me.text).toBe('xxxhello|world')
    expect(stackOf(me).canUndo()).toBe(false)
  })

  test('ends with a pause', () => {
    const { me } = scene('')
    me.type('a', 1)
    pause(me)
    me.type('b')
    stackOf(me).undo()
    expect(me.text).toBe('a')
  })

  test('ends when the person puts the caret elsewhere, not when others move it', () => {
    const { peer, me } = scene('hello', 'world')
    me.select(6)
    me.type('a')
    peer.type('x', 1)
    send(peer, me)
    me.type('b')
    me.select(me.state.doc.content.size - 1)
    me.type('c')
    expect(me.text).toBe('xhelloab|worldc')
    stackOf(me).undo()
    expect(me.text).toBe('xhelloab|world')
    stackOf(me).undo()
    expect(me.text).toBe('xhello|world')
  })

  test('is a composition, however long the person looks for the right character', () => {
    const { me } = scene('字')
    me.select(2)
    for (const text of ['ㄋ', 'ㄋㄧ', 'ㄋㄧˇ', '你']) {
      const { tr } = me.state
      me.dispatch(tr.insertText(text, 2, me.state.doc.content.size - 1).setMeta('composition', 7))
      pause(me)
    }
    me.type('們')
    expect(me.text).toBe('字你們')
    stackOf(me).undo()
    expect(me.text).toBe('字你')
    stackOf(me).undo()
    expect(me.text).toBe('字')
  })
})

describe('the caret', () => {
  test('is back where it was before the step, immediately, and the next remote key leaves it there', () => {
    const { peer, me } = scene('hello', 'world')
    me.select(3)
    me.type('!')
    me.select(12)
    stackOf(me).undo()
    expect([me.text, me.state.selection.head]).toEqual(['hello|world', 3])
    peer.type('x', 1)
    send(peer, me)
    expect(me.state.selection.head).toBe(4)
  })

  test('selects again what was deleted or overwritten', () => {
    const { me } = scene('hello world')
    me.select(1, 6)
    me.type('bye', 1)
    me.dispatch(me.state.tr.delete(4, 9))
    me.select(1)
    stackOf(me).undo()
    expect(me.text).toBe('hello world')
    expect([me.state.selection.anchor, me.state.selection.head]).toEqual([1, 6])
  })

  test('goes to the end of what is done again, and back to the same place when that is undone', () => {
    const { me } = scene('hello', 'world')
    me.select(3)
    me.type('abc')
    stackOf(me).undo()
    me.select(9)
    stackOf(me).redo()
    expect(me.state.selection.head).toBe(6)
    me.select(9)
    stackOf(me).undo()
    expect(me.state.selection.head).toBe(3)
  })
})

describe('text that others wrote into a local block', () => {
  test('stays when the block is undone', () => {
    const { peer, me } = scene('hello world')
    me.select(7)
    me.run(splitBlock)
    send(me, peer)
    peer.type('new ', 9)
    send(peer, me)
    stackOf(me).undo()
    send(me, peer)
    expect(me.text).toContain('new')
    expect(peer.text).toBe(me.text)
  })

  test('stays also where only half of a block is left, and is shown', () => {
    const { peer, me } = scene('hello')
    const [list, item] = [given(nodes.bulletList), given(nodes.listItem)]
    const own = list.create(null, item.create(null, schema.node('paragraph', null, schema.text('mine'))))
    me.dispatch(me.state.tr.insert(0, own))
    send(me, peer)
    const theirs = list.create(null, item.create(null, schema.node('paragraph', null, schema.text('theirs'))))
    peer.dispatch(peer.state.tr.insert(8, theirs))
    send(peer, me)
    stackOf(me).undo()
    send(me, peer)
    expect(me.fragment.toString()).toContain('theirs')
    expect([me.text.includes('mine'), me.text.includes('theirs')]).toEqual([false, true])
    expect(peer.text).toBe(me.text)
    expect(me.reports).toEqual([])
  })

  test('stays also when this editor does not know it', () => {
    const { peer, me } = scene('hello')
    me.dispatch(me.state.tr.insert(0, schema.node('blockquote', null, schema.node('paragraph'))))
    send(me, peer)
    const quote = peer.fragment.get(0)
    if (!(quote instanceof Y.XmlElement)) throw new Error('a quote')
    quote.insert(1, [new Y.XmlElement('paragraph')])
    send(peer, me)
    stackOf(me).undo()
    expect(me.fragment.toString()).toContain('<blockquote><paragraph></paragraph></blockquote>')
  })
})

test('what was deleted of something this editor does not know comes back as it was', () => {
  const { peer, me } = scene('one', 'two')
  peer.doc.transact(() => {
    const drawing = new Y.XmlElement('drawing')
    drawing.setAttribute('size', '3')
    drawing.insert(0, [new Y.XmlText('strokes')])
    peer.fragment.insert(1, [drawing])
  })
  send(peer, me)
  const before = me.fragment.toString()
  expect(before).toContain('<drawing size="3">strokes</drawing>')
  me.dispatch(me.state.tr.delete(2, me.state.doc.content.size - 2))
  expect(me.fragment.toString()).not.toContain('drawing')
  stackOf(me).undo()
  expect(me.fragment.toString()).toBe(before)
})

test('when all is undone nothing is written for the empty paragraph that is shown, and all can be done again', () => {
  const me = new Replica(1, [undoPlugin()])
  me.type('hello', 1)
  stackOf(me).undo()
  traffic(me)
  me.select(1)
  expect([me.fragment.length, me.state.doc.childCount]).toEqual([0, 1])
  stackOf(me).redo()
  expect(me.text).toBe('hello')
})

/** Commands that people apply to blocks, at the selection. */
const COMMANDS: readonly Command[] = [
  splitBlock,
  joinBackward,
  lift,
  deleteSelection,
  setBlockType(given(nodes.heading), { level: 2 }),
  setBlockType(given(nodes.paragraph)),
  setBlockType(given(nodes.codeBlock)),
  wrapIn(given(nodes.blockquote)),
  wrapInList(given(nodes.bulletList)),
  wrapInList(given(nodes.taskList)),
  ...[given(nodes.listItem), given(nodes.taskItem)].flatMap((item) => [
    splitListItem(item),
    liftListItem(item),
    sinkListItem(item),
  ]),
  ...[marks.bold, marks.italic, marks.code].map((mark) => toggleMark(given(mark))),
]

test.each([1, 2, 3, 4, 5, 6, 7, 8, 5003, 723650, Date.now() % 1_000_000])(
  'after any edits, each step back and forth shows exactly what was there: seed %i',
  (seed) => {
    const random = seededRandom(seed)
    const below = (bound: number) => Math.floor(random() * bound)
    const { me } = scene('The first paragraph', '第二段', 'and a third')
    const stack = stackOf(me)
    const see = () => JSON.stringify(me.state.doc)
    const stacks = { undo: [] as string[], redo: [] as string[] }
    for (let edit = 0; edit < 150; edit += 1) {
      const dice = random()
      if (dice < 0.4) {
        const back = dice < 0.26 ? 'undo' : 'redo'
        const [from, to] = back === 'undo' ? [stacks.undo, stacks.redo] : [stacks.redo, stacks.undo]
        const before = see()
        const step = stack[back]()
        const left = stack[`${back}Stack`].length
        const expected = from[left]
        from.length = left
        if (!step) continue
        to.push(before)
        expect(see(), `seed ${seed}, edit ${edit}, ${back}`).toBe(expected)
        continue
      }
      stack.stopCapturing()
      const [before, depth] = [see(), stack.undoStack.length]
      for (let i = below(4); i >= 0; i -= 1) {
        const size = me.state.doc.content.size
        const at = below(size + 1)
        me.select(at, random() < 0.5 ? at : Math.min(size, at + below(12)))
        // One step, wherever the caret moves.
        if (stack.undoStack.length > depth) stack.lastChange = Date.now()
        const command = COMMANDS[below(COMMANDS.length)]
        if (random() < 0.5 || !command) me.type('ab字'.slice(0, 1 + below(3)))
        else me.run(command)
      }
      if (stack.undoStack.length > depth) {
        stacks.undo.push(before)
        stacks.redo = []
      }
    }
    expect(me.reports).toEqual([])
  },
)

test('a heading made and undone, then typed into and undone, reads as before', () => {
  const { me } = scene('', 'end')
  me.type('hello world', 1)
  pause(me)
  me.dispatch(me.state.tr.setNodeMarkup(0, given(nodes.heading), { level: 1 }))
  stackOf(me).undo()
  pause(me)
  me.type('big ', 7)
  pause(me)
  stackOf(me).undo()
  expect(me.text).toBe('hello world|end')
  stackOf(me).undo()
  expect(me.text).toBe('|end')
  stackOf(me).redo()
  stackOf(me).redo()
  expect(me.text).toBe('hello big world|end')
})

test('a mark is undone like text', () => {
  const { me } = scene('hello')
  me.select(1, 6)
  me.run(toggleMark(given(marks.bold)))
  stackOf(me).undo()
  expect(me.state.doc.firstChild?.firstChild?.marks).toEqual([])
})

test('nothing listens to the document when the stack is gone', () => {
  const { me } = scene('hello')
  const listening = () => [...me.doc._observers.values()].reduce((sum, { size }) => sum + size, 0)
  const before = listening()
  const stack = new UndoStack(me.fragment)
  expect(listening()).toBeGreaterThan(before)
  stack.destroy()
  expect(listening()).toBe(before)
})

test('after an exception while a step is shown the next one can be taken back', () => {
  const { me } = scene('')
  me.type('a', 1)
  pause(me)
  me.type('b')
  const stack = stackOf(me)
  stack.once('stack-item-popped', () => {
    throw new Error('planted')
  })
  expect(() => stack.undo()).toThrow('planted')
  stack.undo()
  expect(me.text).toBe('')
})
