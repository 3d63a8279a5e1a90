import type * as Y from 'yjs'
import { titleOf } from './title.ts'

/** The most bytes of a name in UTF-8, without the extension: file systems take 255. */
const NAME_BYTES = 200
/** Names that Windows keeps for devices, whatever follows the first dot. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)/i
/** Characters that Windows or macOS refuse, and those that turn the direction of what follows: `exe.txt` as `txt.exe`. */
const REFUSED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\\/:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu

/** Returns a file name made from the title that Windows, macOS and Linux all take. */
export function fileName(doc: Y.Doc, fallback: string, extension: string): string {
  return `${safeName(titleOf(doc)) || fallback}.${extension}`
}

/** Returns a title as a file name without an extension, or '' if nothing of it can be one. */
export function safeName(title: string): string {
  const clean = title.normalize('NFC').replace(REFUSED, ' ').replace(/\s+/g, ' ')
  const name = trimmed(cut(trimmed(clean)))
  return DEVICES.test(name) ? `_${name}` : name
}

/** Windows drops dots and spaces at the end; a dot at the beginning hides a file. */
function trimmed(name: string): string {
  return name.replace(/^[\s.]+/, '').replace(/[\s.]+$/, '')
}

function cut(name: string): string {
  let bytes = 0
  let end = 0
  for (const { segment, index } of new Intl.Segmenter().segment(name)) {
    bytes += new TextEncoder().encode(segment).length
    if (bytes > NAME_BYTES) return name.slice(0, end)
    end = index + segment.length
  }
  return name
}
