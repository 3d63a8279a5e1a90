import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'
import { ROOTS } from '#lib/protocol/version.ts'

/** Both ends of a selection, as positions between characters that survive other people's edits. */
export interface CaretPosition {
  readonly anchor: Y.RelativePosition
  readonly head: Y.RelativePosition
}

/**
 * Encodes a caret: anchor, then head, each preceded by its length; an empty head means "same as the anchor". Returns
 * null if the bytes would exceed what the wire carries.
 */
export function encodeCaret(caret: CaretPosition): Uint8Array | null {
  const anchor = Y.encodeRelativePosition(caret.anchor)
  const head = Y.encodeRelativePosition(caret.head)
  const encoder = encoding.createEncoder()
  encoding.writeVarUint8Array(encoder, anchor)
  encoding.writeVarUint8Array(encoder, equalBytes(anchor, head) ? new Uint8Array(0) : head)
  const bytes = encoding.toUint8Array(encoder)
  return bytes.length > LIMITS.caretBytes ? null : bytes
}

/** Decodes a caret from a peer's bytes. Returns null if they are not a caret. Never throws. */
export function decodeCaret(bytes: Uint8Array): CaretPosition | null {
  if (bytes.length > LIMITS.caretBytes) return null
  try {
    const decoder = decoding.createDecoder(bytes)
    const anchor = readPosition(decoding.readVarUint8Array(decoder))
    if (anchor === null) return null
    const headBytes = decoding.readVarUint8Array(decoder)
    if (decoding.hasContent(decoder)) return null
    const head = headBytes.length === 0 ? anchor : readPosition(headBytes)
    return head === null ? null : { anchor, head }
  } catch {
    return null
  }
}

function readPosition(bytes: Uint8Array): Y.RelativePosition | null {
  const position = Y.decodeRelativePosition(bytes)
  // Resolving a position in an unknown root would create that root in the Y.Doc.
  if (position.tname !== null && position.tname !== ROOTS.body) return null
  if (position.tname === null && position.type === null && position.item === null) return null
  return position
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
