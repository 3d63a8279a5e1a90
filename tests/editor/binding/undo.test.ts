import { splitBlock, toggleMark } from '@tiptap/pm/commands'
import { yUndoPluginKey } from '@tiptap/y-tiptap'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { undoPlugin } from '#lib/editor/binding/undo.ts'
import { UndoStack } from '#lib/editor/binding/undo-stack.ts'
import { pair, type Replica, schema, send } from '../replica.ts'

/** Somebody else, and oneself with undo. */
function scene(...paragraphs: string[]): { peer: Replica; me: Replica } {
  const [peer, me] = pair(paragraphs, [undoPlugin()])
  return { peer, me }
}

const stackOf = ({ state }: Replica): Y.UndoManager => yUndoPluginKey.getState(state).undoManager
/** As if the last edit were long ago. */
const pause = (replica: Replica) => {
  stackOf(replica).lastChange -= 1000
}
/** A transaction that tells of nothing: what caret layers and presence do all the time. */
const traffic = (replica: Replica) => replica.dispatch(replica.state.tr.setMeta('carets', []))

test('one’s own last step is taken back, and what others wrote meanwhile stays', () => {
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

  test('is a composition, however long somebody looks for the right character', () => {
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
  test('is back where it was before the step, at once, and the next remote key leaves it there', () => {
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

describe('what others wrote into one’s own block', () => {
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

test('a heading made and undone, then typed into and undone, reads as before', () => {
  const { me } = scene('', 'end')
  me.type('hello world', 1)
  pause(me)
  const heading = schema.nodes.heading
  if (!heading) throw new Error('a heading')
  me.dispatch(me.state.tr.setNodeMarkup(0, heading, { level: 1 }))
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
  if (schema.marks.bold) me.run(toggleMark(schema.marks.bold))
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
