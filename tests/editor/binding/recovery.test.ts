import { Plugin, TextSelection } from '@tiptap/pm/state'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { syncKey } from '#lib/editor/binding/plugin-states.ts'
import { Rendering } from '#lib/editor/binding/rendering.ts'
import { Writing } from '#lib/editor/binding/writing.ts'
import { paragraphOf } from '../../support/paragraph.ts'
import { pair, Replica, schema, send } from '../replica.ts'

/* Whatever throws, nothing that anyone wrote is lost or reverted, and the editor keeps working. */

afterEach(() => {
  vi.restoreAllMocks()
})

const planted = () => {
  throw new RangeError('planted')
}

/** Expects both replicas to hold and show this text. */
function bothShow(a: Replica, b: Replica, text: string): void {
  send(a, b)
  send(b, a)
  expect([a.text, b.text]).toEqual([text, text])
  expect(b.fragment.toString()).toBe(a.fragment.toString())
  for (const { state } of [a, b]) expect(() => state.doc.check()).not.toThrow()
}

/** Lets the peer delete "one" and write "two!", then types here. */
function goOn(peer: Replica, me: Replica): void {
  peer.dispatch(peer.state.tr.delete(1, 4))
  peer.type('!', peer.state.doc.content.size - 1)
  send(peer, me)
}

describe('an exception', () => {
  test('in rendering: all is rendered anew', () => {
    const [peer, me] = pair(['one', 'two'])
    vi.spyOn(Rendering.prototype, 'update').mockImplementationOnce(planted)
    goOn(peer, me)
    expect(me.reports).toHaveLength(1)
    expect(me.text).toBe('|two!')
    me.type('x', 1)
    bothShow(peer, me, 'x|two!')
  })

  test('in every rendering: text typed meanwhile waits on the page, and is applied on top once a rendering works', () => {
    const [peer, me] = pair(['one', 'two'])
    const spies = [
      vi.spyOn(Rendering.prototype, 'update').mockImplementation(planted),
      vi.spyOn(Rendering.prototype, 'render').mockImplementation(planted),
    ]
    goOn(peer, me)
    me.type('X', 7)
    me.type('Y', 8)
    expect(me.text).toBe('one|tXYwo')
    for (const spy of spies) spy.mockRestore()
    me.type('Z', 9)
    expect(me.reports.length).toBeGreaterThan(1)
    bothShow(peer, me, '|tXYZwo!')
  })

  test('in a step, or in the state of another plugin: the change is shown at the next attempt', () => {
    let broken = 1
    const fragile = new Plugin({
      state: {
        init: () => null,
        apply: (tr) => (tr.docChanged && tr.getMeta(syncKey) && broken-- > 0 ? planted() : null),
      },
    })
    const [peer, me] = pair(['one', 'two'], [fragile])
    broken = 1
    goOn(peer, me)
    expect(me.text).toBe('|two!')
    me.type('x', 1)
    bothShow(peer, me, 'x|two!')
  })

  test('in restoring the selection', () => {
    const [peer, me] = pair(['one', 'two'])
    me.select(7)
    vi.spyOn(TextSelection, 'between').mockImplementationOnce(planted)
    goOn(peer, me)
    expect(me.reports).toHaveLength(1)
    me.type('X')
    bothShow(peer, me, '|tXwo!')
  })

  test('in writing, half-way: what was typed is written', () => {
    const [peer, me] = pair(['one', 'two'])
    const attributes = Y.XmlText.prototype.insert
    vi.spyOn(Y.XmlText.prototype, 'insert').mockImplementationOnce(function (this: Y.XmlText, ...args) {
      attributes.apply(this, args)
      return planted()
    })
    me.type('X', 2)
    expect(me.reports).toHaveLength(1)
    expect(me.text).toBe('oXne|two')
    bothShow(peer, me, 'oXne|two')
  })

  test('in writing, again and again: what was typed waits, and is written with the next key', () => {
    const [peer, me] = pair(['one', 'two'])
    const spy = vi.spyOn(Writing.prototype, 'write').mockImplementation(planted)
    me.type('X', 2)
    expect(peer.text).toBe('one|two')
    spy.mockRestore()
    peer.type('?', 4)
    send(peer, me)
    me.type('Y', 3)
    bothShow(peer, me, 'oXYne?|two')
  })

  test('of an observer of the update: the edit is written, and the exception reported', () => {
    const [peer, me] = pair(['one', 'two'])
    me.doc.once('afterTransaction', planted)
    me.type('X', 2)
    expect(me.reports).toHaveLength(1)
    bothShow(peer, me, 'oXne|two')
  })
})

test('what another plugin kept from being written goes on top of what others wrote', () => {
  const [peer, me] = pair(['one', 'two'])
  // As if the view had thrown before it called the binding.
  me.state = me.state.apply(me.state.tr.insertText('X', 2))
  goOn(peer, me)
  expect(me.text).toBe('X|two!')
  bothShow(peer, me, 'X|two!')
})

/** Plugins that keep remote changes off the page while they are in the way. */
const OBSTACLES: Record<string, (inTheWay: () => boolean) => Plugin> = {
  'throws at': (inTheWay) =>
    new Plugin({ appendTransaction: ([tr]) => (inTheWay() && tr?.getMeta(syncKey) ? planted() : null) }),
  refuses: (inTheWay) => new Plugin({ filterTransaction: (tr) => !(inTheWay() && tr.getMeta(syncKey)) }),
}

for (const [does, obstacle] of Object.entries(OBSTACLES)) {
  test(`a plugin ${does} each remote change: local keys are sent, near their place, and revert nothing`, () => {
    let inTheWay = false
    const [peer, me] = pair(['one', 'two'], [obstacle(() => inTheWay)])
    inTheWay = true
    goOn(peer, me)
    expect(me.text).toBe('one|two')
    me.type('X', 7)
    me.type('Y', 8)
    send(me, peer)
    expect(peer.text).toBe('|two!XY')
    inTheWay = false
    me.type('Z', 9)
    bothShow(peer, me, '|two!XYZ')
  })
}

test('text typed inside an open transaction comes on top of it', () => {
  const [peer, me] = pair(['one', 'two'])
  me.doc.transact(() => {
    me.fragment.insert(0, [paragraphOf('zero')])
    me.type('X', 2)
  })
  expect(me.reports).toEqual([])
  bothShow(peer, me, 'zero|oXne|two')
})

test('an edit made by an observer of a change is shown too', () => {
  const [peer, me] = pair(['one', 'two'])
  let once = true
  me.fragment.observeDeep(() => {
    if (once) (me.fragment.get(1) as Y.XmlElement).insert(0, [new Y.XmlText('and ')])
    once = false
  })
  peer.type('!', 4)
  send(peer, me)
  bothShow(peer, me, 'one!|and two')
})

describe('another plugin', () => {
  /** Like an extension that keeps an empty paragraph at the end. */
  const trailing = () =>
    new Plugin({
      appendTransaction: (_transactions, _before, { doc, tr }) =>
        doc.lastChild?.type.name === 'paragraph' && doc.lastChild.content.size === 0
          ? null
          : tr.insert(doc.content.size, schema.node('paragraph')),
    })

  test('that adds to a change from elsewhere writes nothing until the person does, and does not loop', () => {
    const [peer, me] = pair(['one'], [trailing()])
    let updates = 0
    me.doc.on('update', (_update, origin) => {
      if (origin !== 'remote') updates++
    })
    peer.type('!', 4)
    send(peer, me)
    peer.type('?', 5)
    send(peer, me)
    expect(me.text).toBe('one!?|')
    expect(updates).toBe(0)
    me.type('x', 1)
    bothShow(peer, me, 'xone!?|')
  })
})

describe('a view', () => {
  test('that is made anew shows the same, without a change or an update', () => {
    const [peer, me] = pair(['one', 'two'])
    const again = new Replica(3, [], { doc: me.doc })
    const { doc } = again.state
    let updates = 0
    me.doc.on('update', () => updates++)
    again.binding.detach()
    again.reattach()
    expect(again.state.doc).toBe(doc)
    expect(updates).toBe(0)
    peer.type('!', 4)
    send(peer, again)
    expect([me.text, again.text]).toEqual(['one!|two', 'one!|two'])
  })

  test('keeps unwritten edits when its plugins change', () => {
    const [peer, me] = pair(['one', 'two'])
    me.state = me.state.apply(me.state.tr.insertText('X', 2))
    me.binding.detach()
    peer.type('!', 4)
    send(peer, me)
    me.reattach()
    bothShow(peer, me, 'oXne!|two')
  })

  test('that begins with another document shows the Y.Doc, and writes nothing', () => {
    const [peer, me] = pair(['one', 'two'])
    const other = new Replica(2, [], { doc: me.doc })
    other.type('X', 2)
    bothShow(peer, me, 'oXne|two')
  })

  test('beside another on the same type shows the text typed in that one', () => {
    const [peer, me] = pair(['one', 'two'])
    const other = new Replica(2, [], { doc: me.doc })
    me.type('X', 2)
    other.type('Y', 3)
    expect([me.text, other.text]).toEqual(['oXYne|two', 'oXYne|two'])
    bothShow(peer, me, 'oXYne|two')
  })

  test('that is gone hears of nothing', () => {
    const [peer, me] = pair(['one'])
    me.binding.detach()
    peer.type('!', 4)
    send(peer, me)
    expect(me.text).toBe('one')
    expect(me.reports).toEqual([])
  })
})
