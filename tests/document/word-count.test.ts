import { expect, test } from 'vitest'
import { countWords } from '#lib/document/word-count.ts'

test.each([
  ['', 0],
  ['one two three', 3],
  ['我們在四月', 5],
  ['共記錄 47 種、3,218 隻次。', 3 + 1 + 1 + 2 + 2],
  ['用React寫App', 4],
  ["don't stop", 2],
  ['ひらがな カタカナ', 8],
  ['안녕하세요 여러분', 2],
  ['— … 、。!', 0],
  ['𠮷野家', 3],
  ['naïve café', 2],
])('%s counts %i', (text, expected) => {
  expect(countWords(text)).toBe(expected)
})
