import { expect, test } from 'vitest'
import { pageKey } from '#lib/editor/page/page-keys.ts'
import { languageFor, preferenceCookie, themeFor } from '#lib/ui/preferences.ts'
import { timeAgo } from '../../app/time-ago.ts'

test.each([
  [undefined, null, 'en'],
  [undefined, 'zh-TW,zh;q=0.9,en;q=0.8', 'zh-TW'],
  [undefined, 'en-GB,en;q=0.9,zh-TW;q=0.8', 'en'],
  [undefined, 'fr-FR, zh-Hant;q=0.5, en;q=0.4', 'zh-TW'],
  [undefined, 'en;q=0.1, zh;q=0.9', 'zh-TW'],
  [undefined, 'zh;q=0, de', 'en'],
  ['en', 'zh-TW', 'en'],
  ['zh-TW', 'en', 'zh-TW'],
  ['klingon', 'zh-TW', 'zh-TW'],
  [undefined, ';;,q=,', 'en'],
])('chosen %s, asked for %s: %s', (chosen, accepted, language) => {
  expect(languageFor(chosen, accepted)).toBe(language)
})

test('an unknown appearance is the system’s', () => {
  expect([themeFor('dark'), themeFor('<script>'), themeFor(undefined)]).toEqual(['dark', 'system', 'system'])
  expect(preferenceCookie('theme', 'dark')).toBe('theme=dark; Path=/; Max-Age=31536000; SameSite=Lax')
})

test('how long ago is said the same in every time zone', () => {
  const now = Date.UTC(2026, 10, 22)
  expect(timeAgo(now - 20_000, now, 'en')).toBe('just now')
  expect(timeAgo(now - 90_000, now, 'en')).toBe('1 minute ago')
  expect(timeAgo(now - 26 * 3_600_000, now, 'en')).toBe('yesterday')
  expect(timeAgo(now - 26 * 3_600_000, now, 'zh-TW')).toBe('昨天')
  expect(timeAgo(now + 5_000, now, 'zh-TW')).toBe('剛剛')
})

const key = (parts: Partial<Parameters<typeof pageKey>[0]>) => {
  const nothing = { key: '', code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }
  return pageKey({ ...nothing, isComposing: false, getModifierState: () => false, ...parts })
}

test('the page’s own keys, on both kinds of keyboard', () => {
  expect(key({ key: 's', code: 'KeyS', ctrlKey: true })).toBe('save')
  expect(key({ key: 's', code: 'KeyS', metaKey: true })).toBe('save')
  expect(key({ key: 'ß', code: 'KeyS', ctrlKey: true, altKey: true })).toBe('share')
  expect(key({ key: '/', ctrlKey: true })).toBe('shortcuts')
  expect(key({ key: 'F6' })).toBe('next-region')
})

test('no key of the page fires while composing, or with AltGr', () => {
  expect(key({ key: 's', code: 'KeyS', ctrlKey: true, isComposing: true })).toBeNull()
  expect(
    key({
      key: 'ś',
      code: 'KeyS',
      ctrlKey: true,
      altKey: true,
      getModifierState: (name) => name === 'AltGraph',
    }),
  ).toBeNull()
  expect(key({ key: 's', code: 'KeyS' })).toBeNull()
})
