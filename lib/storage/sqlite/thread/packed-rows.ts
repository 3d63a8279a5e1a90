import type { StoredRow } from '#lib/collab/document-store.ts'

/*
 * Packs rows so that they cross between the threads in one transferred ArrayBuffer, instead of as objects that are
 * cloned one by one (a third less CPU on the main thread at 100 rows), and without cloning the whole underlying
 * buffer of a view. Layout: four float64 per row (seq, at, bytes of chain, bytes of entries), then chain and entries
 * of each row.
 */

const FIELDS = 4

/** Returns the rows in a new buffer that contains nothing else. */
export function packRows(rows: readonly StoredRow[]): ArrayBuffer {
  const head = rows.length * FIELDS * Float64Array.BYTES_PER_ELEMENT
  let total = head
  for (const row of rows) total += row.chain.length + row.entries.length
  const buffer = new ArrayBuffer(total)
  const numbers = new Float64Array(buffer, 0, rows.length * FIELDS)
  const bytes = new Uint8Array(buffer)
  let field = 0
  let offset = head
  for (const { seq, at, chain, entries } of rows) {
    numbers[field++] = seq
    numbers[field++] = at
    numbers[field++] = chain.length
    numbers[field++] = entries.length
    bytes.set(chain, offset)
    offset += chain.length
    bytes.set(entries, offset)
    offset += entries.length
  }
  return buffer
}

/** Returns the rows that `packRows` packed. Their bytes are views into `buffer`. */
export function unpackRows(buffer: ArrayBuffer, count: number): StoredRow[] {
  const numbers = new Float64Array(buffer, 0, count * FIELDS)
  const rows: StoredRow[] = []
  let offset = numbers.byteLength
  const take = (length: number) => {
    offset += length
    return new Uint8Array(buffer, offset - length, length)
  }
  for (let field = 0; field < numbers.length; field += FIELDS) {
    rows.push({
      seq: numbers[field] ?? 0,
      at: numbers[field + 1] ?? 0,
      chain: take(numbers[field + 2] ?? 0),
      entries: take(numbers[field + 3] ?? 0),
    })
  }
  return rows
}
