import * as LIMITS from '#lib/protocol/limits.ts'

/** Returns true if a text that is pasted or dropped exceeds `LIMITS.pasteBytes` in UTF-8. */
export function isTooLarge(text: string): boolean {
  if (text.length > LIMITS.pasteBytes) return true
  // A UTF-16 unit is at most three bytes, so most pastes can be judged without encoding them.
  if (text.length * 3 <= LIMITS.pasteBytes) return false
  return new TextEncoder().encode(text).length > LIMITS.pasteBytes
}
