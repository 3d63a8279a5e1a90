import type { Mark } from '@tiptap/pm/model'
import { encodeAny, toBase64 } from 'lib0/buffer'
import { digest } from 'lib0/hash/sha256'

const hashes = new WeakMap<Mark, string>()

/**
 * Returns six bytes of the SHA-256, folded as y-prosemirror does. In a module of its own, so that pages load it only
 * for a schema with marks that may overlap with themselves.
 */
export function hashOfMark(mark: Mark): string {
  const known = hashes.get(mark)
  if (known) return known
  const whole = digest(encodeAny(mark.toJSON()))
  const folded = whole.slice(0, 6)
  for (let index = 6; index < whole.length; index += 1) {
    const at = index % 6
    folded[at] = (folded[at] ?? 0) ^ (whole[index] ?? 0)
  }
  const hash = toBase64(folded)
  hashes.set(mark, hash)
  return hash
}
