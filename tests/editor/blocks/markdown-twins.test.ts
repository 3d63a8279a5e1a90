import { describe, expect, test } from 'vitest'
import { numberIn, TWINS } from '#lib/editor/blocks/markdown-twins.ts'

describe('full-width Markdown at the start of a line', () => {
  test.each<[keyof typeof TWINS, string[]]>([
    ['heading', ['＃ ', '＃＃ ', '＃　', '#＃ ', '＃＃＃＃ ']],
    ['bulletList', ['－ ', '＊ ', '＋　']],
    [
      'orderedList',
      ['１．', '１. ', '1． ', '１２．　'].map((typed) => (/\s$/.test(typed) ? typed : `${typed} `)),
    ],
    ['taskList', ['［］ ', '［ ］ ', '［　］ ', '［ｘ］ ', '[］ ']],
    ['quote', ['＞ ', '＞　']],
    ['codeBlock', ['｀｀｀ ', '｀｀｀js ']],
    ['divider', ['－－－', '———']],
  ])('%s', (rule, typed) => {
    for (const text of typed) expect(text).toMatch(TWINS[rule])
  })

  test('the half-width twins except numbers are left to the editor: no rule fires twice', () => {
    for (const typed of ['# ', '- ', '* ', '[] ', '[x] ', '> ', '``` ', '---'])
      for (const pattern of Object.values(TWINS)) expect(typed).not.toMatch(pattern)
  })

  test('text is not Markdown: five signs, no space, or something before it', () => {
    for (const typed of ['＃＃＃＃＃ ', '＃a', 'a＃ ', '、 ', '第１． ', '１．５ '])
      for (const pattern of Object.values(TWINS)) expect(typed).not.toMatch(pattern)
  })

  test('a list begins with the number that was typed', () => {
    expect(numberIn('３')).toBe(3)
    expect(numberIn('12')).toBe(12)
    expect(numberIn('１０')).toBe(10)
  })
})
