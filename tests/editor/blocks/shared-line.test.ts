import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { SharedLine } from '#lib/editor/blocks/shared-line.ts'

const LIMIT = 40

/** Two people with the same title in their fields; what one sends reaches the other when they `meet`. */
function pair(title = '') {
  const docs = [new Y.Doc(), new Y.Doc()] as const
  docs.forEach((doc, index) => {
    doc.clientID = index + 1
  })
  docs[0].getText('title').insert(0, title)
  const meet = () => {
    for (const [from, to] of [docs, docs.toReversed()] as [Y.Doc, Y.Doc][])
      Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)))
  }
  meet()
  const [mei, wei] = docs.map((doc) => new SharedLine(doc.getText('title'), LIMIT))
  if (!mei || !wei) throw new Error('there are two')
  return { mei, wei, meet, titles: () => docs.map((doc) => doc.getText('title').toString()) }
}

/** Returns the title that both have after Wei did `his` and Mei `hers` without having seen it. */
function both(before: string, hers: string, his: string): string {
  const { mei, wei, meet, titles } = pair(before)
  wei.typed(his)
  meet()
  mei.typed(hers)
  meet()
  const [one = '', other] = titles()
  expect(other).toBe(one)
  return one
}

describe('what is typed in a field that is behind the title', () => {
  test('goes where it was meant: behind, before and beside the other change', () => {
    expect(both('abcd', 'abcd你', 'Xabcd')).toBe('Xabcd你')
    expect(both('abcd', '你abcd', 'abcdX')).toBe('你abcdX')
    expect(both('abcd', 'ab你cd', 'abcd!')).toBe('ab你cd!')
  })

  test('keeps both texts at the very same place, and next to what the other removed', () => {
    expect(both('ab', 'a你b', 'aXb')).toMatch(/^a(你X|X你)b$/)
    expect(both('abcd', 'ab你cd', 'a')).toBe('a你')
  })

  test('removes nothing that the other wrote', () => {
    expect(both('abcd', 'ad', 'abXcd')).toBe('aXd')
    expect(both('abcd', '', 'abcd!')).toBe('!')
    expect(both('a😀b', 'ab', 'a😀Xb')).toBe('aXb')
  })
})

test('a composition is sent at each step, and the field shows the rest when it ends', () => {
  const { mei, wei, meet, titles } = pair('early late')
  for (const [step, candidate] of ['ㄋ', 'ㄋㄧ', 'ㄋㄧˇ', '你'].entries()) {
    mei.typed(`early ${candidate}late`)
    wei.typed(`${'abcd'.slice(0, step + 1)}${wei.shown.slice(step)}`)
    meet()
    wei.show()
    expect(mei.shown).toBe(`early ${candidate}late`)
    expect(wei.shown).toContain(candidate)
  }
  const moved = mei.show()
  expect(mei.shown).toBe('abcdearly 你late')
  expect(moved(7)).toBe(11)
  expect(titles()).toEqual([mei.shown, mei.shown])
})

test('a text that two people made too long is not cut, and nothing more fits in', () => {
  const { mei, wei, meet, titles } = pair()
  mei.typed('m'.repeat(30))
  wei.typed('w'.repeat(30))
  meet()
  for (const line of [mei, wei]) line.show()
  expect(mei.shown).toHaveLength(60)
  mei.typed(`${mei.shown}x`)
  mei.show()
  expect(mei.shown).not.toContain('x')
  mei.typed(mei.shown.slice(1))
  meet()
  expect(titles()[1]).toHaveLength(59)
})

test('a pasted text is cut to the limit, never through a sign', () => {
  const { mei, titles } = pair()
  mei.typed(`${'a'.repeat(LIMIT - 1)}😀`)
  mei.show()
  expect(titles()[0]).toBe('a'.repeat(LIMIT - 1))
})

test('two people who change anything see the same title, and every letter that nobody removed', () => {
  const step = fc.record({ who: fc.nat(1), at: fc.nat(30), remove: fc.nat(3), shows: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { mei, wei, meet, titles } = pair('abc')
      const alive = new Set(['a', 'b', 'c'])
      for (const [index, { who, at, remove, shows }] of steps.entries()) {
        const line = who === 0 ? mei : wei
        const { shown } = line
        const from = Math.min(at, shown.length)
        // A letter of its own for each step.
        const letter = String.fromCodePoint(0x4e00 + index)
        const fits = titles()[who]?.length ?? 0
        if (fits < LIMIT) alive.add(letter)
        line.typed(shown.slice(0, from) + letter + shown.slice(from + remove))
        for (const removed of shown.slice(from, from + remove)) alive.delete(removed)
        if (shows) {
          meet()
          line.show()
        }
      }
      meet()
      const [one = '', other] = titles()
      expect(other).toBe(one)
      expect([...one].sort()).toEqual([...alive].sort())
    }),
  )
})
