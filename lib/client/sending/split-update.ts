import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'

/**
 * Structs, or delete ranges, per piece: a fifth of what the server accepts in a batch, because a struct may hold
 * values.
 */
const PIECE = LIMITS.structs / 5

type Decoded = ReturnType<typeof Y.decodeUpdate>
type Struct = Decoded['structs'][number]
/** Deleted clocks of one client. */
type Ranges = readonly [client: number, ranges: readonly { readonly clock: number; readonly len: number }[]]

/**
 * Splits the update of a transaction that may exceed a batch: a long paste, or the deletion of a text with many gaps.
 * Each piece builds on the document and the pieces before it; together they are the update. Returns an update as it
 * is if it is small enough or has structs of several clients. `most` is the number of structs, or delete ranges, per
 * piece.
 */
export function splitUpdate(update: Uint8Array, most = PIECE): readonly Uint8Array[] {
  // A delete range takes at least two bytes, a struct more.
  if (update.length < 2 * most) return [update]
  const { structs, ds } = Y.decodeUpdate(update)
  const deleted = rangesIn(ds, most)
  if (structs.length <= most && deleted.length <= 1) return [update]
  const [first] = structs
  if (structs.some(({ id }) => id.client !== first?.id.client)) return [update]
  const pieces: Uint8Array[] = []
  for (let i = 0; i < structs.length; i += most) pieces.push(pieceOf(structs.slice(i, i + most), []))
  for (const ranges of deleted) pieces.push(pieceOf([], ranges))
  return pieces
}

/** Returns the deletions in groups of at most `most` ranges. */
function rangesIn({ clients }: Decoded['ds'], most: number): Ranges[][] {
  const groups: Ranges[][] = []
  let room = 0
  // Yjs writes clients in descending order.
  for (const [client, ranges] of [...clients].sort(([a], [b]) => b - a)) {
    for (let i = 0; i < ranges.length; ) {
      if (room === 0) {
        groups.push([])
        room = most
      }
      const some = ranges.slice(i, i + room)
      groups.at(-1)?.push([client, some])
      i += some.length
      room -= some.length
    }
  }
  return groups
}

/**
 * Returns a Yjs v1 update of structs of one client, without gaps, and of deletions (yjs/src/utils/encoding.js,
 * DeleteSet.js).
 */
function pieceOf(structs: readonly Struct[], deleted: readonly Ranges[]): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  const { restEncoder: rest } = encoder
  const [first] = structs
  encoding.writeVarUint(rest, first ? 1 : 0)
  if (first) {
    encoding.writeVarUint(rest, structs.length)
    encoding.writeVarUint(rest, first.id.client)
    encoding.writeVarUint(rest, first.id.clock)
    for (const struct of structs) struct.write(encoder, 0)
  }
  encoding.writeVarUint(rest, deleted.length)
  for (const [client, ranges] of deleted) {
    encoding.writeVarUint(rest, client)
    encoding.writeVarUint(rest, ranges.length)
    for (const { clock, len } of ranges) {
      encoding.writeVarUint(rest, clock)
      encoding.writeVarUint(rest, len)
    }
  }
  return encoder.toUint8Array()
}
