import { once } from 'node:events'
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { startRefusingProxy } from './refusing-proxy.ts'

async function startEcho(): Promise<string> {
  const http = createServer((request, response) => {
    response.setHeader('x-method', request.method ?? '')
    request.pipe(response)
  })
  const sockets = new Server(http)
  sockets.on('connection', (socket) => socket.on('say', (text, answer) => answer(text)))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    await sockets.close()
  })
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

test('passes requests on with method, headers and body', async () => {
  const proxy = await startRefusingProxy(await startEcho())
  onTestFinished(() => proxy.close())
  const answer = await fetch(proxy.url, { method: 'POST', body: 'hello' })
  expect(answer.headers.get('x-method')).toBe('POST')
  expect(await answer.text()).toBe('hello')
  expect(proxy.passed).toBe(1)
})

test('refuses every WebSocket, and long polling works behind it', async () => {
  const proxy = await startRefusingProxy(await startEcho())
  onTestFinished(() => proxy.close())

  const refused = io(proxy.url, { transports: ['websocket'], reconnection: false })
  await new Promise((resolve) => refused.once('connect_error', resolve))
  expect(proxy.refused).toBe(1)

  const polling = io(proxy.url, { transports: ['polling', 'websocket'] })
  onTestFinished(() => {
    polling.close()
  })
  expect(await polling.timeout(5_000).emitWithAck('say', 'hello')).toBe('hello')
  expect(polling.io.engine.transport.name).toBe('polling')
})

test('a target that is gone is a bad gateway', async () => {
  const proxy = await startRefusingProxy('http://127.0.0.1:1')
  onTestFinished(() => proxy.close())
  expect((await fetch(proxy.url)).status).toBe(502)
})
