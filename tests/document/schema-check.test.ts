import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdates } from '#lib/collab/gate/update-gate.ts'
import { checkSchema } from '#lib/document/schema-check.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { BREACHES, element, elementAt, HONEST, headingText, spoiled, tower } from '../collab/breaches.ts'

describe('what breaks the schema', () => {
  for (const [fact, spoil] of BREACHES) {
    test(`${fact} is deleted, its author is named, and honest words stay`, () => {
      const doc = spoiled(spoil)
      const peer = new Y.Doc()
      Y.applyUpdate(peer, Y.encodeStateAsUpdate(doc))
      const { breaches, update } = checkSchema(doc)
      expect(new Set(breaches.map(({ clientId }) => clientId))).toEqual(new Set([666]))
      if (!update) throw new Error('nothing was deleted')
      expect(Y.decodeUpdate(update).structs).toEqual([])
      Y.applyUpdate(peer, update)
      expect(peer.getXmlFragment('body').toString()).toContain(HONEST)
      expect(peer.getText('title').toString()).toBe('Title')
      expect(checkSchema(peer)).toEqual({ breaches: [], update: null })
    })
  }

  test('an honest attribute that was overwritten is gone, the words under it stay', () => {
    const doc = spoiled((body) => elementAt(body, 0).setAttribute('level', { valueOf: 1 } as never))
    expect(checkSchema(doc).breaches).toEqual([{ clientId: 666, what: 'no number as an attribute' }])
    expect(doc.getXmlFragment('body').toString()).toContain('<heading>honest words</heading>')
  })
})

test('a title that is too long, written in pieces, is cut, and its author is named', () => {
  const doc = new Y.Doc()
  const title = doc.getText('title')
  for (let i = 0; i < 300; i++) title.insert(title.length, 'x'.repeat(1000))
  const { breaches, update } = checkSchema(doc)
  expect(breaches).toMatchObject([{ what: 'too long a title', clientId: doc.clientID }])
  expect(update && Y.decodeUpdate(update).structs).toEqual([])
  expect(title.length).toBe(LIMITS.valueBytes)
  expect(checkSchema(doc)).toEqual({ breaches: [], update: null })
})

test('a tower of 2,000 quotes is cut where it gets too high', () => {
  const doc = new Y.Doc()
  doc.transact(() => {
    let top: Y.XmlFragment = doc.getXmlFragment('body')
    for (let height = 0; height < 2000; height++) {
      const next = new Y.XmlElement('blockquote')
      top.insert(0, [next])
      top = next
    }
  })
  expect(checkSchema(doc).breaches).toMatchObject([{ what: 'too deep' }])
})

test('[GATE7] [CHECK1] the gate and the check draw the line at the same height', () => {
  for (const height of [LIMITS.typeNesting, LIMITS.typeNesting + 1]) {
    const doc = new Y.Doc()
    doc.getXmlFragment('body').insert(0, [tower(height)])
    const gate = checkUpdates([Y.encodeStateAsUpdate(doc)], {
      clientId: doc.clientID,
      clocks: { get: () => 0 },
      restore: false,
    })
    const fits = height === LIMITS.typeNesting
    expect([gate.ok, checkSchema(doc).breaches.length === 0]).toEqual([fits, fits])
  }
})

describe('what does not', () => {
  const fine: typeof BREACHES = [
    ['an emptied list', (body) => elementAt(body, 1).delete(0, 1)],
    ['an emptied item', (body) => elementAt(body, 1, 0).delete(0, 1)],
    ['a number that a page gave a list', (body) => body.insert(0, [numbered(Number.NaN)])],
    ['a link', (body) => headingText(body).format(0, 3, { link: { href: 'https://example.org/' } })],
    ['the end of a link', (body) => headingText(body).format(0, 3, { link: null })],
    ['the highest tower', (body) => body.insert(0, [tower(LIMITS.typeNesting)])],
  ]
  for (const [fact, spoil] of fine) {
    test(`${fact} is let be`, () => {
      expect(checkSchema(spoiled(spoil))).toEqual({ breaches: [], update: null })
    })
  }
})

function numbered(start: number): Y.XmlElement {
  const list = element('orderedList')
  list.setAttribute('start', start as never)
  return list
}
