import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { syncKey } from '#lib/editor/binding/plugin-states.ts'
import { pair, send } from '../replica.ts'

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

  test('at the caret comes after it, before it moves it', () => {
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

test('a selection whose text a peer deletes ends in a valid place', () => {
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
