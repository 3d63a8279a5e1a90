import { expect, test } from 'vitest'
import { hanLanguage, languageOf, lettersIn, mainLanguageOf } from '#lib/document/languages.ts'

test.each([
  ['hello world', 'en'],
  ['Éric naïve', 'en'],
  ['中文', 'zh-Hant-TW'],
  ['ㄅㄆㄇ', 'zh-Hant-TW'],
  ['請看 Google Docs 的文件', 'zh-Hant-TW'],
  ['The character 道 means way', 'en'],
  ['日本語の文', 'ja'],
  ['カタカナ', 'ja'],
  ['他的店叫做「の」，在臺北市大安區的一條小巷子裡面', 'zh-Hant-TW'],
  ['한국어 문장', 'ko'],
  ['Привет, мир', 'ru'],
  ['שלום', 'he'],
  ['مرحبا بالعالم', 'ar'],
  ['ภาษาไทย', 'th'],
  ['नमस्ते', 'hi'],
  ['12 + 3 = 😀', null],
  ['', null],
])('%s: %s', (text, language) => {
  expect(languageOf(lettersIn(text))).toBe(language)
})

test('Han characters alone are in the language of the reader', () => {
  expect(languageOf(lettersIn('東京'), 'ja')).toBe('ja')
  expect(hanLanguage(['en-US', 'zh-HK', 'zh-TW'])).toBe('zh-HK')
  expect(hanLanguage(['de', 'ja-JP'])).toBe('ja-JP')
  expect(hanLanguage(['de'])).toBe('zh-Hant-TW')
})

test('several texts have the language of most of their words', () => {
  expect(mainLanguageOf(['Title', '這是中文的段落', 'Note'].map(lettersIn))).toBe('zh-Hant-TW')
  expect(mainLanguageOf(['標題', 'this is an English paragraph'].map(lettersIn))).toBe('en')
  expect(mainLanguageOf([])).toBe(null)
})

test('a long text is judged by its beginning', () => {
  expect(languageOf(lettersIn(`${'word '.repeat(100)}${'字'.repeat(1_000)}`))).toBe('en')
})
