import { beforeEach, describe, expect, test } from 'vitest'
import type { NewRow } from '#lib/collab/document-store.ts'
import { CommitQueue, type CommitSource } from '#lib/collab/log/commit-queue.ts'
import { settled, VirtualClock } from '../../support/virtual-clock.ts'

/** A document that counts its entries and records every call it receives. */
class Source implements CommitSource {
  readonly told: string[] = []
  waiting = 0
  /** The number of waiting entries that one row takes. */
  most = Number.POSITIVE_INFINITY
  #seq = 0
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  take(): { row: NewRow; more: boolean } | null {
    if (this.waiting === 0) return null
    this.waiting = Math.max(0, this.waiting - this.most)
    const bytes = new Uint8Array()
    const row = {
      documentId: this.#name,
      seq: ++this.#seq,
      chain: bytes,
      at: 0,
      entries: bytes,
      schemaVersion: 1,
    }
    return { row, more: this.waiting > 0 }
  }
  committed(row: NewRow): void {
    this.told.push(`committed ${row.seq}`)
  }
  refused(row: NewRow): void {
    this.told.push(`refused ${row.seq}`)
  }
  lost(row: NewRow): void {
    this.told.push(`lost ${row.seq}`)
  }
  slow(): void {
    this.told.push('slow')
  }
}

let clock: VirtualClock
let disk: 'well' | 'full' | 'gone' | 'slow'
/** The durations of the next commits, ms. */
let takes: number[]
let commits: number
let reopened: number
let recovered: number
let queue: CommitQueue
let a: Source
let b: Source

beforeEach(() => {
  clock = new VirtualClock(() => 0)
  disk = 'well'
  takes = []
  commits = reopened = recovered = 0
  const store = {
    async commit(rows: readonly NewRow[]) {
      commits++
      const ms = takes.shift()
      if (ms !== undefined) await new Promise<void>((resolve) => clock.after(ms, resolve))
      while (disk === 'slow') await new Promise<void>((resolve) => clock.after(10, resolve))
      if (disk !== 'well') throw new Error(disk)
      return rows.map(() => ({ ok: true as const }))
    },
    async reopen() {
      reopened++
      if (disk === 'gone') throw new Error(disk)
    },
  }
  queue = new CommitQueue({
    store,
    clock,
    onFailure: () => undefined,
    onRecovered: () => recovered++,
  })
  a = new Source('a')
  b = new Source('b')
})

const write = (source: Source) => {
  source.waiting++
  queue.add(source)
}

describe('[END2] a store that is slow or fails', () => {
  test('is reported within a second to every document that waits, also behind the commit, and when it ends', async () => {
    disk = 'slow'
    write(a)
    await clock.advance(500)
    write(b)
    await clock.advance(450)
    expect([a.told, b.told]).toEqual([['slow'], ['slow']])
    disk = 'well'
    await clock.advance(30)
    expect([a.told, b.told]).toEqual([
      ['slow', 'committed 1'],
      ['slow', 'committed 1'],
    ])
    expect(recovered).toBe(1)
  })

  test('is reported immediately to documents that write meanwhile, and again while it lasts', async () => {
    disk = 'slow'
    write(a)
    await clock.advance(900)
    write(b)
    expect(b.told).toEqual(['slow'])
    await clock.advance(2000)
    expect(b.told).toEqual(['slow', 'slow', 'slow'])
  })

  test('a failed commit is reported immediately; its rows are lost only when the store is open again', async () => {
    disk = 'gone'
    write(a)
    await settled()
    await clock.advance(10_000)
    expect(a.told.slice(0, 2)).toEqual(['slow', 'slow'])
    expect(a.told).not.toContain('lost 1')
    disk = 'well'
    await clock.advance(2000)
    expect(a.told.at(-1)).toBe('lost 1')
    write(a)
    await settled()
    expect(a.told.at(-1)).toBe('committed 2')
    expect(recovered).toBe(1)
  })

  test('one failure causes no pause; if the store opens and fails again, the pause doubles each time, up to 2 s', async () => {
    disk = 'full'
    const at: number[] = []
    for (let before = 0; at.length < 6; ) {
      if (a.waiting === 0) write(a)
      await settled()
      if (commits > before) at.push(clock.now())
      before = commits
      await clock.advance(10)
    }
    const pauses = at.map((time, i) => time - (at[i - 1] ?? time)).slice(1)
    expect(pauses).toEqual([10, 500, 1000, 2000, 2000])
    expect(reopened).toBe(6)
    disk = 'well'
    write(a)
    await clock.advance(2000)
    expect(a.told.at(-1)).toMatch('committed')
    write(a)
    await settled()
    expect(a.told.at(-1)).toMatch('committed')
  })

  test('ends when no document waits anymore', async () => {
    disk = 'full'
    write(a)
    await settled()
    expect(a.told).toEqual(['slow', 'lost 1'])
    expect(recovered).toBe(0)
    await clock.advance(900)
    expect(recovered).toBe(1)
    expect(clock.waiting).toBe(0)
  })

  test('a quick store is never reported and leaves no timer', async () => {
    for (let i = 0; i < 50; i++) {
      write(a)
      await clock.advance(5)
    }
    await clock.advance(1000)
    expect(a.told).not.toContain('slow')
    expect(clock.waiting).toBe(0)
  })

  test('a long backlog of quick commits is not reported as a slow store', async () => {
    a.most = 1
    a.waiting = 99
    takes = Array.from({ length: 100 }, () => 20)
    write(a)
    await clock.advance(1990)
    expect(a.waiting).toBe(0)
    expect(a.told).toHaveLength(99)
    expect(a.told).not.toContain('slow')
  })

  test('entries left by a commit are reported within a second if the next commit is slow', async () => {
    a.most = 1
    a.waiting = 1
    takes = [500, 5000]
    write(a)
    await clock.advance(950)
    expect(a.told).toEqual(['committed 1', 'slow'])
  })
})
