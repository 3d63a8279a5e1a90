import { expect, test } from 'vitest'
import { honestUse } from './honest-use.ts'

test('[GATE1] [CHECK2] edits of every kind, large pastes and storms of undo are never refused, stopped or mended', {
  timeout: 180_000,
}, async () => {
  const { failures } = await honestUse.run({ count: honestUse.short, seed: 1 })
  expect(failures).toEqual([])
})
