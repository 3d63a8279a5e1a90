import { chromium, expect } from '@playwright/test'
import { freePort } from '../support/free-port.ts'
import { startServer } from '../support/server-process.ts'
import { test } from './fixtures.ts'
import { Writer } from './writer.ts'

test('on a plain http address that is not this machine people write together as well', async ({
  launchOptions,
}) => {
  const port = await freePort()
  const origin = `http://write.test:${port}`
  const server = await startServer({ port, env: { PUBLIC_URL: origin } })
  const browser = await chromium.launch({
    ...launchOptions,
    args: [...(launchOptions.args ?? []), '--host-resolver-rules=MAP write.test 127.0.0.1'],
  })
  const [mei, wei] = [await open(), await open()]

  await mei.startWriting()
  expect(
    await mei.page.evaluate(() => [isSecureContext, typeof crypto.subtle, typeof navigator.clipboard]),
  ).toEqual([false, 'undefined', 'undefined'])
  await mei.type('plain and simple')
  await mei.seesSaved()
  const link = await mei.copyLink()
  expect(link).toBe(mei.page.url())
  await wei.open(link)
  await wei.sees('plain and simple')
  await wei.body.click()
  await wei.page.keyboard.press('Control+End')
  await wei.type(', and together')
  await mei.sees('plain and simple, and together')

  // Text typed without the server is stored on the device here too.
  await server.kill('SIGKILL')
  await mei.goTo({ line: 0, after: 0 })
  await mei.type('still ')
  await mei.seesOnDevice()
  await server.restart()
  await mei.page.reload()
  await mei.sees('still plain and simple')
  await mei.seesSaved()
  await wei.sees('still plain and simple')

  await browser.close()
  await server.stop()

  async function open(): Promise<Writer> {
    const context = await browser.newContext({ baseURL: origin })
    return new Writer(await context.newPage())
  }
})
