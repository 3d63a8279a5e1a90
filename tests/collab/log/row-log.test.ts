import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoredRow } from '#lib/collab/document-store.ts'
import { RowLog } from '#lib/collab/log/row-log.ts'
import { CHAIN_BYTES } from '#lib/protocol/log-row.ts'
import { packRows, unpackRows } from '#lib/storage/sqlite/thread/packed-rows.ts'

function row(seq: number, bytes = 3): StoredRow {
  return {
    seq,
    at: 1000 + seq,
    chain: new Uint8Array(CHAIN_BYTES).fill(seq),
    entries: new Uint8Array(bytes).fill(seq + 100),
  }
}

function rows(first: number, last: number): StoredRow[] {
  return Array.from({ length: last - first + 1 }, (_, i) => row(first + i))
}

test('an empty log keeps nothing and accepts its first row at any number', () => {
  const log = new RowLog([])
  expect([log.size, log.firstSeq, log.chainAt(0), log.after(0)]).toEqual([0, 0, null, []])
  log.append(row(7))
  expect([log.size, log.firstSeq, log.after(5), log.after(6)]).toEqual([1, 7, null, [row(7)]])
})

test('rows given out stay unchanged when others are added and dropped', () => {
  const log = new RowLog(rows(1, 2))
  const before = log.after(0)
  for (const each of rows(3, 50)) log.append(each)
  log.trim(20)
  expect(before).toEqual(rows(1, 2))
  expect(log.after(48)).toEqual(rows(49, 50))
})

test('a row is copied, so it keeps no other bytes in memory', () => {
  const log = new RowLog([])
  const network = new Uint8Array(64 * 1024)
  log.append({ ...row(1), entries: network.subarray(0, 3).fill(101) })
  network.fill(0)
  expect(log.after(0)).toEqual([row(1)])
  expect(log.after(0)?.[0]?.entries.buffer.byteLength).toBeLessThan(200)
})

test('after adding and dropping any rows, it holds the same as a plain list', () => {
  const actionArb = fc.record({ trim: fc.boolean(), amount: fc.nat(12), bytes: fc.nat(300) })
  fc.assert(
    fc.property(fc.nat(3), fc.array(actionArb, { maxLength: 60 }), (loaded, actions) => {
      let plain = rows(5, 4 + loaded)
      const log = new RowLog(plain)
      let last = 4 + loaded
      for (const { trim, amount, bytes } of actions) {
        if (trim) {
          const upto = last - amount
          log.trim(upto)
          plain = plain.filter(({ seq }) => seq > upto)
        } else {
          const added = row(++last, bytes)
          log.append(added)
          plain.push(added)
        }
        const first = plain[0]?.seq ?? 0
        expect([log.size, log.firstSeq]).toEqual([plain.length, first])
        for (const seq of [first - 2, first - 1, first, last - 1, last]) {
          const kept = plain.find((each) => each.seq === seq)
          expect(log.chainAt(seq)).toEqual(kept?.chain ?? null)
          if (first > 0)
            expect(log.after(seq)).toEqual(seq + 1 < first ? null : plain.filter((each) => each.seq > seq))
        }
      }
    }),
  )
})

test('rows that the store reads into one buffer are adopted without a copy, and appended to without changing it', () => {
  const packed = unpackRows(packRows(rows(1, 9)), 9)
  const log = new RowLog(packed)
  const [first] = log.after(0) ?? []
  expect(first?.entries.buffer).toBe(packed[0]?.entries.buffer)
  for (const each of rows(10, 30)) log.append(each)
  log.trim(4)
  expect(log.after(4)).toEqual(rows(5, 30))
  expect(packed).toEqual(rows(1, 9))
})

test('rows with a gap between them in the buffer are copied', () => {
  const packed = unpackRows(packRows(rows(1, 9)), 9)
  expect(new RowLog(packed.slice(3, 6)).after(3)).toEqual(rows(4, 6))
  const [one, , three] = packed
  if (!one || !three) throw new Error('no rows')
  const holed = [one, { ...three, seq: 2 }]
  expect(new RowLog(holed).after(0)).toEqual(holed)
})
