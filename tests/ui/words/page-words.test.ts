import { expect, test } from 'vitest'
import { ERROR_BANDS, type ErrorCode } from '#lib/protocol/errors.ts'
import { GUEST_NAME_COUNT } from '#lib/protocol/identity.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { accessWordsIn } from '#lib/ui/words/access-words.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { frontWordsIn, refusedSentence } from '#lib/ui/words/front-words.ts'
import { helpWordsIn } from '#lib/ui/words/help-words.ts'
import { LANGUAGES, type Language } from '#lib/ui/words/language.ts'
import { type Words, wordsIn } from '#lib/ui/words/page-words.ts'
import { textOutWordsIn } from '#lib/ui/words/text-out-words.ts'
import { troubleWordsIn } from '#lib/ui/words/trouble-words.ts'

/** Returns every sentence of a language, including those with figures, by path. */
function sentences(words: object, path = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] => {
    const here = path === '' ? key : `${path}.${key}`
    if (typeof value === 'string') return [[here, value]]
    if (typeof value === 'function') return [[here, String(value(...sample(here)))]]
    return sentences(value, here)
  })
}

function sample(path: string): unknown[] {
  if (path === 'guestName') return [1, 2]
  if (['joined', 'left', 'person', 'sentences'].includes(path)) return [['甲', '乙']]
  if (path === 'labelled') return ['甲', '乙']
  if (path === 'waited') return [90_000]
  return [3]
}

/** Returns every text that people see. */
function everything(language: Language): [string, string][] {
  return [
    ...sentences(wordsIn(language)),
    ...sentences(frontWordsIn(language), 'front'),
    ...sentences(troubleWordsIn(language), 'trouble'),
    ...sentences(accessWordsIn(language), 'sharing'),
    ...sentences(accountWordsIn(language), 'account'),
    ...sentences(helpWordsIn(language), 'help'),
    ...sentences(textOutWordsIn(language), 'textOut'),
  ]
}

test('both languages have the same words, none of them empty', () => {
  const [en, zh] = LANGUAGES.map(everything)
  expect(zh?.map(([path]) => path)).toEqual(en?.map(([path]) => path))
  for (const [path, sentence] of [...(en ?? []), ...(zh ?? [])]) expect(sentence.trim(), path).not.toBe('')
})

test('the Chinese words are Chinese, with full-width punctuation', () => {
  // Names that are the same in all languages.
  const shared = ['product', 'save.websocket', 'sharing.roleChanged', 'account.size']
  for (const [path, sentence] of everything('zh-TW')) {
    if (shared.includes(path)) continue
    expect(sentence, path).toMatch(/\p{Script=Han}/u)
    expect(sentence, path).not.toMatch(/[\p{Script=Han}][,.!?;:]| \(/u)
  }
})

test('a refused form has a sentence for every code', () => {
  for (const language of LANGUAGES)
    for (const code of Object.keys(ERROR_BANDS) as ErrorCode[])
      expect(refusedSentence(code, frontWordsIn(language)), code).toMatch(/[.。]$/)
})

test('the English words name people plainly', () => {
  for (const [path, sentence] of everything('en'))
    expect(sentence, path).not.toMatch(/\b(whoever|somebody|everybody)\b/i)
})

test('the Chinese words keep undoing apart from restoring, and sharing has one name', () => {
  for (const [path, sentence] of everything('zh-TW')) {
    expect(sentence, path).not.toMatch(/共用|次，?會被|個人(?!資料)/u)
    if (!['undo', 'keys.undoMine'].includes(path)) expect(sentence, path).not.toMatch(/復原/u)
  }
})

test('nothing shouts', () => {
  for (const language of LANGUAGES)
    for (const [path, sentence] of everything(language)) expect(sentence, path).not.toMatch(/[!！]/)
})

test('all 144 guest names are different, in each language', () => {
  const names = (words: Words) =>
    Array.from({ length: GUEST_NAME_COUNT }, (_, guestName) => displayName({ name: '', guestName }, words))
  for (const language of LANGUAGES) expect(new Set(names(wordsIn(language))).size).toBe(GUEST_NAME_COUNT)
  expect(displayName({ name: '', guestName: 0 }, wordsIn('en'))).toBe('Smiling Leopard Cat')
  expect(displayName({ name: '', guestName: 0 }, wordsIn('zh-TW'))).toBe('微笑的石虎')
})
