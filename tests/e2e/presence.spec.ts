import { expect } from '@playwright/test'
import { startCuttableProxy } from '../support/cuttable-proxy.ts'
import { test } from './fixtures.ts'
import { words } from './writer.ts'

const PING_INTERVAL_MS = 1_000
const PING_TIMEOUT_MS = 3_000

test.use({
  serverEnv: { PING_INTERVAL_MS: String(PING_INTERVAL_MS), PING_TIMEOUT_MS: String(PING_TIMEOUT_MS) },
})

test('who comes and who goes is seen within a second', async ({ newPerson }) => {
  const mei = await newPerson()
  const wei = await newPerson()
  await mei.startWriting()
  await wei.open(mei.page.url())
  await expect(mei.people).toHaveCount(2, { timeout: 1_000 })
  await wei.page.close()
  await expect(mei.people).toHaveCount(1, { timeout: 1_000 })
})

test('a cut network is unsteady within one and a half heartbeats, and left by the time-out', async ({
  newPerson,
  server,
}) => {
  const proxy = await startCuttableProxy(server.url)
  const mei = await newPerson()
  const wei = await newPerson(proxy.url)
  await mei.startWriting()
  await wei.open(new URL(mei.page.url()).pathname)
  await expect(mei.people).toHaveCount(2)
  await wei.body.click()

  proxy.blackHole()
  const unsteady = mei.people.and(mei.page.getByRole('button', { name: words.states.unsteady }))
  await expect(unsteady).toHaveCount(1, { timeout: 1.5 * PING_INTERVAL_MS + 1_000 })
  await expect(mei.people).toHaveCount(1, { timeout: PING_INTERVAL_MS + PING_TIMEOUT_MS })
  await proxy.close()
})

test('several tabs are one person', async ({ newPerson }) => {
  const mei = await newPerson()
  const wei = await newPerson()
  await mei.startWriting()
  await wei.open(mei.page.url())
  await wei.openTab(mei.page.url())
  await expect(mei.people).toHaveCount(2)
})
