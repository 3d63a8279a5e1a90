import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { Guest } from './guest.ts'

let server: ServerProcess
let dataDir: string

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'commonplace-routes-'))
  server = await startServer({ dataDir })
})
afterAll(async () => {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const newGuest = () => new Guest(server.url)
const form = (fields: Record<string, string>) => new URLSearchParams(fields)

test('the secret of the server is readable by its user alone', async () => {
  expect((await stat(join(dataDir, 'secret'))).mode & 0o777).toBe(0o600)
})

describe('POST /api/session', () => {
  test('creates a guest with a friendly name, who is the same the next time', async () => {
    const guest = newGuest()
    const answer = await guest.post('/api/session')
    const cookie = answer.headers.getSetCookie().join()
    expect(cookie).toMatch(/^commonplace=[^;]+; .*HttpOnly/)
    expect(cookie).toContain('SameSite=Lax')
    const first = await answer.json()
    expect(first.user).toMatchObject({ name: '' })
    expect(first.expiresAt).toBeGreaterThan(Date.now())
    const second = await guest.post('/api/session')
    expect(second.headers.getSetCookie()).toEqual([])
    expect((await second.json()).user).toEqual(first.user)
  })

  test('a forged cookie creates another guest', async () => {
    const guest = newGuest()
    const { user } = await guest.session()
    guest.cookie = `${guest.cookie.slice(0, -6)}AAAAAA`
    expect((await guest.session()).user.userId).not.toBe(user.userId)
  })
})

describe('every answer', () => {
  test('is not cached and reveals no address', async () => {
    const guest = newGuest()
    const answers = [
      await guest.post('/api/session'),
      await guest.post('/api/documents'),
      await guest.post('/api/open', form({ link: 'nothing' })),
      await guest.post('/api/session/profile', { name: 5 }),
    ]
    for (const { headers } of answers) {
      expect(headers.get('cache-control')).toBe('private, no-store')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test('to a page of another site is a refusal, and sets no cookie', async () => {
    for (const path of ['session', 'session/profile', 'documents', 'documents/delete', 'open']) {
      const answer = await newGuest().post(`/api/${path}`, undefined, { origin: 'https://evil.example' })
      expect(answer.status).toBe(403)
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await answer.json()).toMatchObject({ ok: false, code: 'foreign-origin' })
    }
  })

  test('to a form of ours at an address that is not set is a page that names both and the setting; one warning', async () => {
    for (const language of ['en', 'zh-TW']) {
      const answer = await newGuest().post('/api/documents', form({}), {
        origin: 'https://write.example.org',
        accept: 'text/html',
        'accept-language': language,
      })
      const page = await answer.text()
      expect([answer.status, answer.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8'])
      expect(page).toContain(server.url)
      expect(page).toContain('PUBLIC_URL=https://write.example.org')
      expect(page).toContain(
        `<style nonce="${/'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1]}">`,
      )
    }
    const warnings = server.logs().match(/http\.foreign-origin/g)
    expect(warnings).toHaveLength(1)
  })

  test('to a form of another site gives no advice, nor does one from an address that is none', async () => {
    for (const [origin, site] of [
      ['https://evil.example', 'cross-site'],
      ['null', 'cross-site'],
      ['https://"><script>alert(1)</script>', ''],
      ['https://a";reboot;"', ''],
    ]) {
      const answer = await newGuest().post('/api/documents', form({}), {
        origin: origin ?? '',
        accept: 'text/html',
        ...(site ? { 'sec-fetch-site': site } : {}),
      })
      const page = await answer.text()
      expect(answer.status).toBe(403)
      expect(page).not.toMatch(/PUBLIC_URL|<script|reboot/)
    }
  })

  test('to a body that is too large or invalid is a coded refusal', async () => {
    const guest = newGuest()
    await guest.session()
    const large = await guest.post('/api/session/profile', { name: 'x'.repeat(100_000), hue: null })
    expect([large.status, (await large.json()).code]).toEqual([413, 'too-large'])
    const wrong = await guest.post('/api/session/profile', { name: 'Ada', hue: 12 })
    expect([wrong.status, (await wrong.json()).code]).toEqual([400, 'bad-message'])
    const text = await guest.post('/api/session/profile', form({}), { 'content-type': 'application/json' })
    expect([text.status, (await text.json()).code]).toEqual([400, 'bad-message'])
  })
})

describe('POST /api/documents', () => {
  test('redirects a plain form to the new document', async () => {
    const guest = newGuest()
    const answer = await guest.post('/api/documents', form({}), { origin: server.url })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toMatch(/^\/d\/[A-Za-z0-9_-]{32}#new$/)
    expect(guest.cookie).toMatch(/^commonplace=/)
  })

  test('answers a program with the address', async () => {
    expect(await newGuest().createDocument()).toMatch(/^[A-Za-z0-9_-]{32}$/)
  })
})

describe('POST /api/documents/copy', () => {
  test('makes a document of the reader’s own; answers a form with its page and a program with its address', async () => {
    const address = await newGuest().createDocument()
    const reader = newGuest()
    await reader.session()
    const answer = await reader.post('/api/documents/copy', form({ address, title: '副本' }), {
      origin: server.url,
    })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toMatch(/^\/d\/[A-Za-z0-9_-]{32}$/)
    const made = await (await reader.post('/api/documents/copy', { address, title: '副本' })).json()
    expect(made).toMatchObject({ ok: true, address: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/) })
    const deleted = await reader.post('/api/documents/delete', { address: made.address })
    expect(await deleted.json()).toEqual({ ok: true, outcome: 'deleted' })
  })

  test('of a document that one may not read is as if there were none', async () => {
    const owner = newGuest()
    const address = await owner.createDocument()
    await owner.post('/api/access/link-role', { address, role: null })
    const eve = newGuest()
    await eve.session()
    const answer = await eve.post('/api/documents/copy', { address })
    expect([answer.status, (await answer.json()).code]).toEqual([404, 'not-found'])
  })
})

describe('POST /api/open', () => {
  test('leads from a pasted link, path or address to the document', async () => {
    const address = await newGuest().createDocument()
    for (const link of [`${server.url}/d/${address}`, ` /d/${address}#new `, address]) {
      const answer = await newGuest().post('/api/open', form({ link }))
      expect([answer.status, answer.headers.get('location')]).toEqual([303, `/d/${address}`])
    }
  })

  test('leads back to the front page from anything else', async () => {
    for (const link of ['', 'hello', 'https://example.org/', 'A'.repeat(32)]) {
      const answer = await newGuest().post('/api/open', form({ link }))
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/?open=unknown'])
    }
  })
})

describe('POST /api/documents/delete', () => {
  const isThere = async (address: string) =>
    (await newGuest().post('/api/open', form({ link: address }))).headers.get('location') === `/d/${address}`

  test('by the owner deletes for everyone', async () => {
    const owner = newGuest()
    const address = await owner.createDocument()
    const answer = await owner.post('/api/documents/delete', { address })
    expect(await answer.json()).toEqual({ ok: true, outcome: 'deleted' })
    expect(await isThere(address)).toBe(false)
    const again = await owner.post('/api/documents/delete', { address })
    expect(await again.json()).toEqual({ ok: true, outcome: 'unknown' })
  })

  test('by another user takes it off their own list only', async () => {
    const address = await newGuest().createDocument()
    const visitor = newGuest()
    await visitor.session()
    const answer = await visitor.post('/api/documents/delete', { address })
    expect(await answer.json()).toEqual({ ok: true, outcome: 'forgotten' })
    expect(await isThere(address)).toBe(true)
  })

  test('from a form goes back to the front page', async () => {
    const owner = newGuest()
    const address = await owner.createDocument()
    const answer = await owner.post('/api/documents/delete', form({ address }))
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
    expect(await isThere(address)).toBe(false)
  })

  test('without a session is refused', async () => {
    const address = await newGuest().createDocument()
    expect((await newGuest().post('/api/documents/delete', { address })).status).toBe(401)
  })
})

describe('POST /api/session/profile', () => {
  test('stores a cleaned name and a hue, and removes the name with an empty one', async () => {
    const guest = newGuest()
    const { user } = await guest.session()
    const named = await guest.post('/api/session/profile', { name: ' Ada\u202e\n Lovelace ', hue: 3 })
    expect(await named.json()).toEqual({ ok: true, user: { ...user, name: 'Ada Lovelace', hue: 3 } })
    expect((await guest.session()).user).toEqual({ ...user, name: 'Ada Lovelace', hue: 3 })
    await guest.post('/api/session/profile', { name: '', hue: null })
    expect((await guest.session()).user).toEqual(user)
  })
})

test('over a public https address cookies are for that host and for https only', async () => {
  const secure = await startServer({ env: { PUBLIC_URL: 'https://write.example.org' } })
  try {
    const guest = new Guest(secure.url)
    const answer = await guest.post('/api/session', undefined, { origin: 'https://write.example.org' })
    expect(answer.headers.getSetCookie().join()).toMatch(
      /^__Host-commonplace=[^;]+;(?=.*Secure)(?=.*Path=\/;)/,
    )
    const { user } = await answer.json()
    expect((await guest.session()).user).toEqual(user)
  } finally {
    await secure.stop()
  }
})

test('crawlers are told not to follow keys, and browsers find icons', async () => {
  const get = (path: string) => fetch(`${server.url}${path}`)
  const rules = (await (await get('/robots.txt')).text()).split('\n')
  for (const path of ['/d/', '/api/', '/reset/', '/setup/']) expect(rules).toContain(`Disallow: ${path}`)
  const manifest = await (await get('/manifest.webmanifest')).json()
  expect(manifest).toMatchObject({ name: 'Commonplace', start_url: '/', scope: '/' })
  const icons = [
    '/favicon.ico',
    '/icon.svg',
    '/apple-icon.png',
    ...manifest.icons.map(({ src }: { src: string }) => src),
  ]
  for (const icon of icons) {
    const answer = await get(icon)
    expect([icon, answer.status, answer.headers.get('content-type')?.split('/')[0]]).toEqual([
      icon,
      200,
      'image',
    ])
  }
})
