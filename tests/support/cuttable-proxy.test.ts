import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CuttableProxy, startCuttableProxy } from './cuttable-proxy.ts'

let target: Server
let proxy: CuttableProxy

beforeEach(async () => {
  target = createServer((_request, response) => response.end('here'))
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  const address = target.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  proxy = await startCuttableProxy(`http://127.0.0.1:${address.port}`)
})
afterEach(async () => {
  await proxy.close()
  target.closeAllConnections()
  target.close()
})

async function dial(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function get(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [bytes] = await once(socket, 'data')
  return String(bytes)
}

test('passes both ways', async () => {
  expect(await get(await dial())).toContain('here')
})

test('a cut ends open connections and refuses new ones until restored', async () => {
  const socket = await dial()
  expect(await get(socket)).toContain('here')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  proxy.cut()
  await closed
  await expect(fetch(proxy.url)).rejects.toThrow()
  proxy.restore()
  expect(await (await fetch(proxy.url)).text()).toBe('here')
})

test('a black hole swallows without a word, and ends with the connection', async () => {
  const socket = await dial()
  expect(await get(socket)).toContain('here')
  proxy.blackHole()
  await expect(fetch(proxy.url, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/abort|timeout/i)
  expect(socket.destroyed).toBe(false)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  proxy.restore()
  await closed
  expect(await (await fetch(proxy.url)).text()).toBe('here')
})

test('what is held arrives when it is restored, in its order, on the same connection', async () => {
  const socket = await dial()
  expect(await get(socket)).toContain('here')
  let heard = 0
  target.on('request', () => heard++)
  proxy.hold()
  const answer = once(socket, 'data')
  socket.write('GET / HTTP/1.1\r\n')
  socket.write('Host: x\r\n\r\n')
  const other = await dial()
  expect(other.destroyed).toBe(false)
  expect(heard).toBe(0)
  proxy.restore()
  expect(String((await answer)[0])).toContain('here')
  expect(heard).toBe(1)
})
