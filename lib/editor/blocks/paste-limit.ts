import { LIMITS } from '#lib/protocol/limits.ts'

/** What of a paste or a drop counts: the representations an editor may read. */
const READ_TYPES = ['text/html', 'text/plain'] as const

/** True when a paste or drop is above `LIMITS.pasteBytes` in UTF-8. Reads nothing but text. */
export function isTooLarge(content: Pick<DataTransfer, 'getData'> | null): boolean {
  return READ_TYPES.some((type) => exceeds(content?.getData(type) ?? '', LIMITS.pasteBytes))
}

function exceeds(text: string, bytes: number): boolean {
  if (text.length > bytes) return true
  // One UTF-16 unit is at most three bytes: most pastes need no encoding to be judged.
  if (text.length * 3 <= bytes) return false
  return new TextEncoder().encode(text).length > bytes
}
