import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { connected, Guest, openSocket } from './guest.ts'

const MOST_CONNECTIONS = 12
const SPARE = 16

let server: ServerProcess

beforeAll(async () => {
  server = await startServer({
    env: {
      DOCUMENTS_PER_USER: '3',
      DOCUMENTS_PER_IP: '5',
      MAX_CONNECTIONS: String(MOST_CONNECTIONS),
      TRUSTED_PROXIES: '1',
    },
  })
}, 60_000)
afterAll(() => server.stop())

describe('[LIM6] documents', () => {
  const make = async (guest: Guest, from: string) => {
    const response = await guest.post('/api/documents', {}, { 'x-forwarded-for': from })
    return { status: response.status, ...(await response.json()) }
  }

  test('one user owns a limited number, and may create another when one is deleted', async () => {
    const ada = new Guest(server.url)
    const made = [await make(ada, '198.51.100.1'), await make(ada, '198.51.100.1')]
    const last = await make(ada, '198.51.100.1')
    expect([...made, last].map(({ ok }) => ok)).toEqual([true, true, true])
    expect(await make(ada, '198.51.100.2')).toMatchObject({ status: 400, code: 'too-many-documents' })
    await ada.post('/api/documents/delete', { address: last.address })
    expect(await make(ada, '198.51.100.2')).toMatchObject({ ok: true })
  })

  test('from one IP address a limited number is created within a day, by any user', async () => {
    for (let i = 0; i < 5; i++) {
      expect(await make(new Guest(server.url), '203.0.113.7')).toMatchObject({ ok: true })
    }
    const refused = await make(new Guest(server.url), '203.0.113.7')
    expect(refused).toMatchObject({ status: 400, code: 'too-many-documents' })
    expect(refused.retryAfterMs).toBeGreaterThan(3_600_000)
    expect(await make(new Guest(server.url), '203.0.113.8')).toMatchObject({ ok: true })
  })
})

describe('[LIM8] connections', () => {
  const open = async (): Promise<Socket> => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }

  /** Opens as many connections as the server accepts, all idle. */
  const takeAll = async (): Promise<Socket[]> => {
    const idle: Socket[] = []
    while (idle.length < MOST_CONNECTIONS) idle.push(await open())
    await expect.poll(() => ask()).toContain('503')
    return idle
  }

  const giveBack = async (idle: readonly Socket[]): Promise<void> => {
    for (const socket of idle) socket.destroy()
    await expect.poll(() => ask()).toContain('200 OK')
  }

  /** Requests the front page on its own connection. Returns everything received until the connection ends. */
  const ask = async (headers = ''): Promise<string> => {
    const socket = await open()
    let answer = ''
    socket.on('data', (bytes) => {
      answer += bytes
    })
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`)
    // Resolve however it is closed.
    await new Promise((resolve) => socket.once('close', resolve))
    return answer
  }

  test('a client that comes when all are taken is refused, over HTTP and at the handshake, and connects when there is room', async () => {
    const ada = new Guest(server.url)
    const { token } = await ada.session()
    const idle = await takeAll()
    const told = await ask()
    expect(told).toContain('"code":"too-many-connections"')
    expect(told).toContain('"retryAfterMs"')
    for (const transports of [['websocket'], ['polling']]) {
      await expect(connected(openSocket(server.url, { token }, { transports }))).rejects.toThrow(
        'too-many-connections',
      )
    }
    // Connections that were refused have ended, so any number can still be refused.
    for (let i = 0; i < 3 * SPARE; i++) expect(await ask()).toContain('too-many-connections')

    while (idle.length < MOST_CONNECTIONS + SPARE + 4) idle.push(await open())
    expect(await ask()).toBe('')

    await giveBack(idle)
    const socket = openSocket(server.url, { token })
    await connected(socket)
    socket.disconnect()
  }, 30_000)

  test('a browser gets a page that says so, in the language of its reader', async () => {
    const idle = await takeAll()
    const [en, zh] = [frontWordsIn('en').refused, frontWordsIn('zh-TW').refused]
    const accept = 'Accept: text/html,*/*;q=0.8\r\nAccept-Language: zh-TW,en;q=0.5\r\n'
    const page = await ask(accept)
    expect(page).toMatch(/^HTTP\/1.1 503 .*Content-Type: text\/html/s)
    expect(page).toContain('Retry-After: 5')
    expect(page).toContain('<html lang="zh-Hant-TW">')
    expect(page).toContain(zh.crowded)
    const nonce = /style-src [^;]*'nonce-([^']+)'/.exec(page)?.[1]
    expect(page).toContain(`<style nonce="${nonce}">`)
    expect(await ask(`${accept}Cookie: theme=dark; lang=en\r\n`)).toContain(en.crowded)
    expect(await ask('Accept: */*\r\nAccept-Language: zh-TW\r\n')).toContain('application/json')
    await giveBack(idle)
  }, 30_000)
})
