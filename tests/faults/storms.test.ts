import { expect, test } from 'vitest'
import { storms } from './storms.ts'

test('[HS6] [END3] all clients drop and come back, warm, cold and by a deploy: all have everything, and none is lost', {
  timeout: 60_000,
}, async () => {
  const { failures, figures } = await storms.run({ count: storms.short, seed: 1 })
  expect(failures).toEqual([])
  expect(Number(figures.deployMostPer100Ms)).toBeLessThan(Number(figures.deploySockets) / 2)
})
