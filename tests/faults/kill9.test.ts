import { expect, test } from 'vitest'
import { kill9, killServers } from './kill9.ts'

const seed = Date.now() % 1_000_000

test(`[UPD4] ${kill9.short} times kill -9 while four people type: nothing acknowledged and nothing a peer saw is lost, seed ${seed}`, {
  timeout: 60_000 + kill9.short * 8000,
}, async () => {
  const { ok, failures, figures } = await kill9.run({ count: kill9.short, seed })
  expect(failures).toEqual([])
  expect(figures.acknowledged).toBeGreaterThan(kill9.short)
  expect(ok).toBe(true)
})

test('a server that acknowledges before it commits is found out', { timeout: 60_000 }, async () => {
  const { ok, failures } = await killServers({ count: 2, seed: 1, planted: true })
  expect(failures).not.toEqual([])
  expect(ok).toBe(false)
})
