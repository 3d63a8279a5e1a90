import * as LIMITS from '#lib/protocol/limits.ts'

/** The representations of a paste or a drop that an editor may read. */
const READ_TYPES = ['text/html', 'text/plain'] as const

/** Returns true if a paste or drop exceeds `LIMITS.pasteBytes` in UTF-8. Reads only text. */
export function isTooLarge(content: Pick<DataTransfer, 'getData'> | null): boolean {
  return READ_TYPES.some((type) => exceeds(content?.getData(type) ?? '', LIMITS.pasteBytes))
}

function exceeds(text: string, bytes: number): boolean {
  if (text.length > bytes) return true
  // A UTF-16 unit is at most three bytes, so most pastes can be judged without encoding them.
  if (text.length * 3 <= bytes) return false
  return new TextEncoder().encode(text).length > bytes
}
