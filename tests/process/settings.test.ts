import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkNode, readSettings } from '#lib/process/settings.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'commonplace-env-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('settings', () => {
  test('all of them have a default, and an empty one counts as absent', () => {
    expect(readSettings({ PORT: '', SECRET: '' })).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 3000,
      publicOrigin: null,
      pingInterval: 10_000,
      pingTimeout: 30_000,
      logLevel: 'info',
      secret: null,
      guestStorageBytes: 100 * 1024 * 1024,
      accountStorageBytes: 2000 * 1024 * 1024,
      freeSpaceMark: 500 * 1024 * 1024,
    })
    expect(readSettings({ FREE_SPACE_MB: '0' }).freeSpaceMark).toBe(0)
  })

  test('a renamed one is refused under its old name, whatever its value', () => {
    const sentence = 'DOCUMENTS_PER_ADDRESS is now called DOCUMENTS_PER_IP: set DOCUMENTS_PER_IP instead.'
    expect(() => readSettings({ DOCUMENTS_PER_ADDRESS: '50' })).toThrow(sentence)
    expect(() => readSettings({ DOCUMENTS_PER_ADDRESS: '50', DOCUMENTS_PER_IP: '50' })).toThrow(sentence)
    expect(readSettings({ DOCUMENTS_PER_ADDRESS: '', DOCUMENTS_PER_IP: '50' }).documentsPerIp).toBe(50)
  })

  test('the address of the source is one that a page may link to', () => {
    const sourceUrl = 'https://example.org/commonplace'
    expect(readSettings({ SOURCE_URL: sourceUrl }).sourceUrl).toBe(sourceUrl)
    expect(readSettings({}).sourceUrl).toBeNull()
    for (const wrong of ['javascript:alert(1)', 'example.org', 'ftp://example.org/'])
      expect(() => readSettings({ SOURCE_URL: wrong })).toThrow(
        'SOURCE_URL must be an http:// or https:// address',
      )
  })

  test('the public address is kept as an origin', () => {
    expect(readSettings({ PUBLIC_URL: 'https://Write.example.org/' }).publicOrigin).toBe(
      'https://write.example.org',
    )
  })

  test.for([
    ['PORT', 'many'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['HOST', 'a b'],
    ['PUBLIC_URL', 'write.example.org'],
    ['PUBLIC_URL', 'ftp://write.example.org'],
    ['PUBLIC_URL', 'https://write.example.org/docs'],
    ['PING_INTERVAL_MS', '10s'],
    ['PING_TIMEOUT_MS', '0'],
    ['LOG_LEVEL', 'loud'],
    ['NODE_ENV', 'prod'],
    ['SECRET', 'short'],
    ['SIGN_UPS', 'closed'],
  ])('%s=%s is reported in one sentence that names the setting', ([name, value]) => {
    const read = () => readSettings({ [name as string]: value })
    expect(read).toThrow(new RegExp(`^${name} must be [^\n]+\\.$`))
  })

  test('sign-ups are open, and off if there is a provider, unless set otherwise', () => {
    const provider = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'y' }
    expect(readSettings({}).signUps).toBe('open')
    expect(readSettings({ GUESTS: 'off' }).signUps).toBe('open')
    expect(readSettings(provider).signUps).toBe('off')
    for (const signUps of ['open', 'invited', 'off']) {
      expect(readSettings({ SIGN_UPS: signUps }).signUps).toBe(signUps)
      expect(readSettings({ ...provider, SIGN_UPS: signUps }).signUps).toBe(signUps)
    }
  })

  test('a secret that is refused is not repeated', () => {
    expect(() => readSettings({ SECRET: 'hunter2' })).not.toThrow(/hunter2/)
  })

  test('an old Node is reported in one sentence', () => {
    expect(() => checkNode('22.20.0')).toThrow(
      /^Node 24 or newer is needed, and this is 22\.20\.0: [^\n]+\.$/,
    )
    expect(() => checkNode('24.0.0')).not.toThrow()
  })
})

describe('a server that cannot start', () => {
  /** Runs the server until it ends. Returns its standard error and its exit code. */
  async function start(env: Record<string, string>): Promise<{ said: string; code: number }> {
    const child = spawn(process.execPath, ['server.ts'], {
      cwd: join(import.meta.dirname, '../..'),
      env: { ...process.env, NODE_ENV: 'production', DATA_DIR: join(dir, 'data'), PORT: '0', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    return { said, code }
  }

  /** Matches one line that ends like a sentence and is not a stack trace. */
  const sentence = (about: RegExp) => ({
    said: expect.stringMatching(new RegExp(`^(?=.*${about.source})[A-Z][^\\n]*\\.\\n$`)),
    code: 1,
  })

  test('names an unknown value', async () => {
    expect(await start({ LOG_LEVEL: 'loud' })).toEqual(sentence(/LOG_LEVEL/))
  })

  test('reports a data folder that cannot be written', async () => {
    const file = join(dir, 'file')
    await writeFile(file, '')
    expect(await start({ DATA_DIR: join(file, 'data') })).toEqual(sentence(/DATA_DIR/))
    expect(await start({ DATA_DIR: '/proc/commonplace' })).toEqual(sentence(/DATA_DIR/))
    expect(await start({ DATA_DIR: '/proc/commonplace/data' })).toEqual(sentence(/DATA_DIR/))
  })

  test('reports a foreign database', async () => {
    const foreign = await mkdtemp(join(dir, 'foreign-'))
    await writeFile(join(foreign, 'commonplace.db'), 'this is no database'.repeat(100))
    expect(await start({ DATA_DIR: foreign })).toEqual(sentence(/DATA_DIR/))
  })

  test('reports a damaged secret', async () => {
    const damaged = await mkdtemp(join(dir, 'damaged-'))
    await writeFile(join(damaged, 'secret'), 'cut')
    expect(await start({ DATA_DIR: damaged })).toEqual(sentence(/SECRET/))
  })

  test('names a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = address && typeof address === 'object' ? String(address.port) : ''
    expect(await start({ PORT: port })).toEqual(sentence(new RegExp(`PORT ${port}`)))
    other.close()
  })

  test('names a host that is not this machine', async () => {
    expect(await start({ HOST: '192.0.2.1' })).toEqual(sentence(/HOST/))
  })
})
