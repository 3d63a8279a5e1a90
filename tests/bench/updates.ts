import * as decoding from 'lib0/decoding'
import * as Y from 'yjs'

/** The structs of one client in one update: clocks from `from` up to `to`. */
export interface Span {
  readonly clientId: number
  readonly from: number
  readonly to: number
}

/**
 * Returns the clocks in an update. `lengthOf` is the length of a client's own update at a clock: the same length
 * means the same update.
 */
export function spansIn(
  update: Uint8Array,
  lengthOf: (clientId: number, clock: number) => number | undefined,
): Span[] {
  const d = decoding.createDecoder(update)
  if (decoding.readVarUint(d) === 1 && decoding.readVarUint(d) === 1) {
    const clientId = decoding.readVarUint(d)
    const from = decoding.readVarUint(d)
    if (lengthOf(clientId, from) === update.length) return [{ clientId, from, to: from + 1 }]
  }
  const { from, to } = Y.parseUpdateMeta(update)
  return [...to].map(([clientId, end]) => ({ clientId, from: from.get(clientId) ?? 0, to: end }))
}

/** Returns the text after all these updates. */
export function textOf(...updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const text = doc.getXmlFragment('body').toString()
  doc.destroy()
  return text
}
