import type { Identity } from '#lib/protocol/identity.ts'
import { GUEST_NAME_PARTS } from './words/guest-names.ts'
import type { Words } from './words/page-words.ts'

/** Returns the name to show: the chosen one, otherwise the friendly guest name in the reader's language. */
export function displayName(identity: Pick<Identity, 'name' | 'guestName'>, words: Words): string {
  if (identity.name !== '') return identity.name
  const manner = Math.floor(identity.guestName / GUEST_NAME_PARTS) % GUEST_NAME_PARTS
  return words.guestName(manner, identity.guestName % GUEST_NAME_PARTS)
}

/**
 * Returns the initials for an avatar: the first Han (or kana, Hangul) character, otherwise the first letters of two
 * words.
 */
export function initials(name: string): string {
  // A friendly name is an adjective and an animal: 「微笑的石虎」 becomes 石.
  const noun = /的(.)/u.exec(name)?.[1]
  if (noun) return noun
  const first = [...name][0] ?? '?'
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(first)) return first
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? []
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? first)]
  return letters.slice(0, 2).join('').toLocaleUpperCase()
}
