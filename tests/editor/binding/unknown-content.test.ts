import { type Node, Slice } from '@tiptap/pm/model'
import { NodeSelection } from '@tiptap/pm/state'
import { beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { syncKey } from '#lib/editor/binding/plugin-states.ts'
import { paragraphOf } from '../../support/paragraph.ts'
import { Replica, schema, send } from '../replica.ts'

/* Content that this version of the editor does not know, as a newer version may have written it. */

let peer: Replica
let me: Replica
beforeEach(() => {
  ;[peer, me] = [new Replica(1), new Replica(2)]
  peer.fragment.insert(0, [paragraphOf('before'), paragraphOf('after')])
  send(peer, me)
})

function drawing(): Y.XmlElement {
  const made = new Y.XmlElement('drawing')
  made.setAttribute('shape', 'circle')
  made.insert(0, [new Y.XmlElement('stroke'), new Y.XmlText('label')])
  return made
}

const types = ({ state }: Replica): string[] => {
  const found: string[] = []
  state.doc.descendants((node) => {
    if (!node.isText) found.push(node.type.name)
  })
  return found
}
const text = (replica: Replica, index: number): Y.XmlText =>
  (replica.fragment.get(index) as Y.XmlElement).get(0) as Y.XmlText
/** Returns the content of the Y.Doc after checking that the peer has the same. */
const stored = (): string => {
  send(me, peer)
  send(peer, me)
  expect(me.fragment.toString()).toBe(peer.fragment.toString())
  expect(() => me.state.doc.check()).not.toThrow()
  expect(me.reports).toEqual([])
  return me.fragment.toString()
}
const DRAWING = '<drawing shape="circle"><stroke></stroke>label</drawing>'

describe('an unknown element', () => {
  test('is shown as a placeholder, and showing it writes nothing', () => {
    peer.fragment.insert(1, [drawing()])
    let updates = 0
    me.doc.on('update', (_update, origin) => {
      if (origin !== 'remote') updates++
    })
    send(peer, me)
    expect(types(me)).toEqual(['paragraph', 'unknownBlock', 'paragraph'])
    expect(me.text).toBe('before|after')
    expect(updates).toBe(0)
    expect(stored()).toContain(DRAWING)
  })

  test('in a line is a placeholder in the line', () => {
    ;(peer.fragment.get(0) as Y.XmlElement).insert(1, [new Y.XmlElement('mention')])
    send(peer, me)
    expect(types(me)).toEqual(['paragraph', 'unknownInline', 'paragraph'])
    me.type('!', 7)
    me.type('?', 9)
    expect(stored()).toBe('<paragraph>before!<mention></mention>?</paragraph><paragraph>after</paragraph>')
  })

  test('stays as it is while the person types, splits and deletes around it', () => {
    peer.fragment.insert(1, [drawing()])
    send(peer, me)
    me.type('x', 3)
    me.dispatch(me.state.tr.split(3))
    me.dispatch(me.state.tr.delete(1, 2))
    me.dispatch(me.state.tr.insert(0, schema.node('horizontalRule')))
    expect(stored()).toContain(DRAWING)
  })

  test('is changed by those who know it, meanwhile and afterwards', () => {
    peer.fragment.insert(1, [drawing()])
    send(peer, me)
    ;(peer.fragment.get(1) as Y.XmlElement).setAttribute('shape', 'square')
    me.type('x', 3)
    expect(stored()).toContain('shape="square"')
  })

  test('moves with the block that holds it', () => {
    const quote = new Y.XmlElement('blockquote')
    quote.insert(0, [paragraphOf('quoted'), drawing()])
    peer.fragment.insert(0, [quote])
    send(peer, me)
    const [node] = me.state.doc.content.content
    const { tr } = me.state
    tr.delete(0, node?.nodeSize ?? 0)
    me.dispatch(tr.insert(tr.doc.content.size, node as Node))
    expect(stored()).toBe(
      `<paragraph>before</paragraph><paragraph>after</paragraph><blockquote><paragraph>quoted</paragraph>${DRAWING}</blockquote>`,
    )
    expect(types(me)).toEqual(['paragraph', 'paragraph', 'blockquote', 'paragraph', 'unknownBlock'])
  })

  test('is kept unseen where nothing is allowed, and when its list is edited', () => {
    const list = new Y.XmlElement('bulletList')
    const item = new Y.XmlElement('listItem')
    item.insert(0, [paragraphOf('item')])
    list.insert(0, [new Y.XmlElement('toggleItem'), item, new Y.XmlText('loose')])
    peer.fragment.insert(1, [list])
    send(peer, me)
    expect(types(me)).toEqual(['paragraph', 'bulletList', 'listItem', 'paragraph', 'paragraph'])
    let at = 0
    me.state.doc.descendants((node, position) => {
      if (node.textContent === 'item' && node.isTextblock) at = position
    })
    me.type('one ', at + 1)
    me.dispatch(me.state.tr.split(at + 5, 2))
    expect(stored()).toContain(
      '<bulletlist><toggleitem></toggleitem><listitem><paragraph>one </paragraph></listitem>loose<listitem><paragraph>item</paragraph></listitem></bulletlist>',
    )
  })

  test('goes when the person deletes it on purpose, and undo brings it back', () => {
    peer.fragment.insert(1, [drawing()])
    send(peer, me)
    const undo = new Y.UndoManager(me.fragment, { trackedOrigins: new Set([syncKey]) })
    me.dispatch(me.state.tr.setSelection(NodeSelection.create(me.state.doc, 8)).deleteSelection())
    expect(stored()).not.toContain('drawing')
    undo.undo()
    expect(stored()).toContain(DRAWING)
    expect(types(me)).toEqual(['paragraph', 'unknownBlock', 'paragraph'])
  })

  test('is no content: copied, it is left out', () => {
    peer.fragment.insert(1, [drawing()])
    send(peer, me)
    expect(me.state.doc.textContent).toBe('beforeafter')
    const foreign = schema.node('unknownBlock', { of: '99:99' })
    me.dispatch(me.state.tr.replace(0, 0, new Slice(schema.node('doc', null, [foreign]).content, 0, 0)))
    expect(stored()).toBe(`<paragraph>before</paragraph>${DRAWING}<paragraph>after</paragraph>`)
    expect(types(me)).toEqual(['paragraph', 'unknownBlock', 'paragraph'])
  })
})

describe('an unknown format', () => {
  test('stays on its text, whatever is typed and formatted in it', () => {
    text(peer, 0).format(1, 4, { highlight: { color: 'red' } })
    send(peer, me)
    expect(me.text).toBe('before|after')
    me.type('XX', 4)
    me.dispatch(me.state.tr.addMark(1, 5, schema.mark('bold')))
    me.dispatch(me.state.tr.removeMark(2, 4, schema.mark('bold')))
    stored()
    const runs: { insert: string; attributes?: object }[] = text(me, 0).toDelta()
    const marked = runs.filter(({ attributes }) => attributes && 'highlight' in attributes)
    expect(marked.map(({ insert }) => insert).join('')).toBe('efXXor')
  })

  test('does not reach what is typed behind it', () => {
    text(peer, 0).format(1, 5, { highlight: true })
    send(peer, me)
    me.type('!', 7)
    stored()
    expect(text(me, 0).toDelta().at(-1)).toEqual({ insert: '!' })
  })
})

test('an unknown attribute stays when the known ones change', () => {
  const heading = new Y.XmlElement('heading')
  heading.setAttribute('level', 2 as never)
  heading.setAttribute('anchor', 'top')
  heading.insert(0, [new Y.XmlText('title')])
  peer.fragment.insert(0, [heading])
  send(peer, me)
  me.dispatch(me.state.tr.setNodeAttribute(0, 'level', 3))
  me.type('!', 1)
  expect(stored()).toContain('<heading anchor="top" level="3">!title</heading>')
})

test('an embed in a text is one position in it, and text typed beside it comes beside it', () => {
  text(peer, 0).insertEmbed(3, { formula: 'x²' })
  send(peer, me)
  expect(types(me)).toEqual(['paragraph', 'unknownInline', 'paragraph'])
  me.type('(', 4)
  me.type(')', 6)
  me.dispatch(me.state.tr.split(3))
  stored()
  const runs: { insert: unknown }[] = text(me, 1).toDelta()
  expect(runs.map(({ insert }) => insert)).toEqual(['f(', { formula: 'x²' }, ')ore'])
})

test('a value that is no type, and a hook, are shown as placeholders', () => {
  peer.fragment.insert(1, [new Y.XmlHook('hook') as never, new Y.Map() as never])
  send(peer, me)
  expect(types(me)).toEqual(['paragraph', 'unknownBlock', 'unknownBlock', 'paragraph'])
  me.type('!', 1)
  send(me, peer)
  expect(peer.fragment.length).toBe(4)
})

test('an item without a paragraph is filled for display, and written when something is typed into it', () => {
  const list = new Y.XmlElement('bulletList')
  list.insert(0, [new Y.XmlElement('listItem'), new Y.XmlElement('listItem')])
  peer.fragment.insert(2, [list])
  send(peer, me)
  expect(types(me).slice(2)).toEqual(['bulletList', 'listItem', 'paragraph', 'listItem', 'paragraph'])
  me.type('before', 1)
  expect(stored()).toContain('<bulletlist><listitem></listitem><listitem></listitem></bulletlist>')
  me.type('x', me.state.doc.content.size - 3)
  expect(stored()).toContain(
    '<bulletlist><listitem></listitem><listitem><paragraph>x</paragraph></listitem></bulletlist>',
  )
})
