import { expect, test, vi } from 'vitest'
import { TRASH_LIFE, Trash } from '#lib/library/trash.ts'
import { createLog } from '#lib/process/log.ts'

const HOUR = 3_600_000

test('erases now and every hour, and closes documents that were never edited; once closed it erases no more', async () => {
  vi.useFakeTimers()
  try {
    let runs = 0
    const ended: string[] = []
    const trash = new Trash({
      catalog: {
        eraseUntouched: async (before) => {
          expect(before).toBe(TRASH_LIFE - 24 * HOUR)
          return ++runs === 1 ? ['untouched'] : []
        },
        eraseDeleted: async (before) => {
          expect(before).toBe(0)
          return null
        },
      },
      openDocuments: { endDeleted: async (documentId) => void ended.push(documentId) },
      clock: { now: () => TRASH_LIFE },
      log: createLog('silent'),
    })
    await vi.advanceTimersByTimeAsync(0)
    expect([runs, ended]).toEqual([1, ['untouched']])
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(runs).toBe(2)
    trash.close()
    await vi.advanceTimersByTimeAsync(3 * HOUR)
    expect(runs).toBe(2)
  } finally {
    vi.useRealTimers()
  }
})
