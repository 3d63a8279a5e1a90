import { expect, test } from 'vitest'
import { slowReader } from './slow-reader.ts'

test('[SLOW1] a reader that stops reading costs at most 5 MB, is cut, and is in sync afterwards', {
  timeout: 120_000,
}, async () => {
  const { failures } = await slowReader.run({ count: slowReader.short, seed: 1 })
  expect(failures).toEqual([])
})
