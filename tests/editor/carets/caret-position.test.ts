import fc from 'fast-check'
import * as encoding from 'lib0/encoding'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { decodeCaret, encodeCaret } from '#lib/editor/carets/caret-position.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { ROOTS } from '#lib/protocol/version.ts'

function documentWithText(text: string) {
  const doc = new Y.Doc()
  const inner = new Y.XmlText(text)
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [inner])
  doc.getXmlFragment(ROOTS.body).insert(0, [paragraph])
  const at = (index: number) => Y.createRelativePositionFromTypeIndex(inner, index, -1)
  return { doc, at }
}

function bytesOf(...positions: Y.RelativePosition[]): Uint8Array {
  const encoder = encoding.createEncoder()
  for (const position of positions) encoding.writeVarUint8Array(encoder, Y.encodeRelativePosition(position))
  if (positions.length === 1) encoding.writeVarUint8Array(encoder, new Uint8Array(0))
  return encoding.toUint8Array(encoder)
}

describe('a caret on the wire', () => {
  test('comes back as it went, selection and all', () => {
    const { doc, at } = documentWithText('hello')
    const indexOf = (position: Y.RelativePosition | undefined) =>
      position && Y.createAbsolutePositionFromRelativePosition(position, doc)?.index
    for (const [anchor, head] of [
      [1, 1],
      [1, 4],
      [5, 0],
    ] as const) {
      const bytes = encodeCaret({ anchor: at(anchor), head: at(head) })
      const caret = bytes && decodeCaret(bytes)
      expect([indexOf(caret?.anchor), indexOf(caret?.head)]).toEqual([anchor, head])
    }
  })

  test('is small: a bare caret in about 20 bytes', () => {
    const { at } = documentWithText('hello')
    expect(encodeCaret({ anchor: at(2), head: at(2) })?.length).toBeLessThan(24)
  })

  test('does not name a root that is not the body: resolving it would create one', () => {
    const evil = new Y.RelativePosition(null, 'evil', null)
    const body = new Y.RelativePosition(null, ROOTS.body, null)
    expect(decodeCaret(bytesOf(evil))).toBeNull()
    expect(decodeCaret(bytesOf(body, evil))).toBeNull()
    expect(decodeCaret(bytesOf(body))).not.toBeNull()
  })

  test('above the limit is no caret', () => {
    expect(decodeCaret(new Uint8Array(LIMITS.caretBytes + 1))).toBeNull()
  })

  test('whatever the bytes: a caret or null, and resolving it changes no document', () => {
    const { doc, at } = documentWithText('hello')
    const good = encodeCaret({ anchor: at(1), head: at(3) }) ?? new Uint8Array(0)
    const mangled = fc
      .array(fc.record({ index: fc.nat(good.length - 1), value: fc.integer({ min: 0, max: 255 }) }), {
        maxLength: 4,
      })
      .map((changes) => {
        const bytes = good.slice()
        for (const { index, value } of changes) bytes[index] = value
        return bytes
      })
    const roots = [...doc.share.keys()]
    const state = Y.encodeStateAsUpdate(doc)
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: LIMITS.caretBytes }), mangled), (bytes) => {
        const caret = decodeCaret(bytes)
        if (caret) Y.createAbsolutePositionFromRelativePosition(caret.anchor, doc)
      }),
      { numRuns: 2_000 },
    )
    expect([...doc.share.keys()]).toEqual(roots)
    expect(Y.encodeStateAsUpdate(doc)).toEqual(state)
  })
})
