import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import * as LIMITS from '#lib/protocol/limits.ts'

/** Structs, and delete ranges, of one piece: a fifth of what the server takes in a batch, for a struct may hold values. */
const PIECE = LIMITS.structs / 5

type Decoded = ReturnType<typeof Y.decodeUpdate>
type Struct = Decoded['structs'][number]
/** Deleted clocks of one client. */
type Ranges = readonly [client: number, ranges: readonly { readonly clock: number; readonly len: number }[]]

/**
 * Cuts the update of one transaction, which may hold more than a batch: a long paste, or the deletion of a text with many
 * gaps. Each piece stands on the document and the pieces before it; together they are the update. One that is not too much
 * is given back as it is, and so is one with structs of several clients. `most`: structs, or delete ranges, of a piece.
 */
export function splitUpdate(update: Uint8Array, most = PIECE): readonly Uint8Array[] {
  // A delete range takes two bytes, a struct more.
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

/** The deletions in groups of at most `most` ranges. */
function rangesIn({ clients }: Decoded['ds'], most: number): Ranges[][] {
  const groups: Ranges[][] = []
  let room = 0
  // Yjs writes clients in falling order.
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

/** A Yjs v1 update of structs of one client, without gaps, and of deletions (yjs/src/utils/encoding.js, DeleteSet.js). */
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
