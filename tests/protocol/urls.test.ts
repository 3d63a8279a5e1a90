import { afterEach, describe, expect, test, vi } from 'vitest'
import { addressIn, pathOf, urlOf } from '#lib/protocol/urls.ts'

const ADDRESS = `${'Ab3_-'.repeat(6)}xy`

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

describe('URLs', () => {
  test('every place has one path', () => {
    expect(pathOf({ to: 'front' })).toBe('/')
    expect(pathOf({ to: 'document', address: ADDRESS })).toBe(`/d/${ADDRESS}`)
    expect(pathOf({ to: 'socket' })).toBe('/socket')
    expect(pathOf({ to: 'api', path: 'session/profile' })).toBe('/api/session/profile')
    expect(urlOf('https://write.example.org/', { to: 'front' })).toBe('https://write.example.org/')
  })

  test('a sub-path is one setting', async () => {
    vi.stubEnv('NEXT_PUBLIC_BASE_PATH', '/docs')
    vi.resetModules()
    const under = await import('#lib/protocol/urls.ts')
    expect(under.pathOf({ to: 'front' })).toBe('/docs')
    expect(under.pathOf({ to: 'socket' })).toBe('/docs/socket')
    expect(under.urlOf('https://example.org', { to: 'document', address: ADDRESS })).toBe(
      `https://example.org/docs/d/${ADDRESS}`,
    )
  })

  test('an address cannot escape its segment of the path', () => {
    expect(pathOf({ to: 'document', address: '../api/session?x#y' })).toBe('/d/..%2Fapi%2Fsession%3Fx%23y')
  })

  test.each([
    [`https://write.example.org/d/${ADDRESS}`],
    [`https://example.org/docs/d/${ADDRESS}`],
    [`/d/${ADDRESS}`],
    [ADDRESS],
    [`  ${ADDRESS}\n`],
    [`http://localhost:3000/d/${ADDRESS}?from=mail#heading`],
    [`https://example.org/d/${ADDRESS}/`],
  ])('the address is found in %j', (pasted) => {
    expect(addressIn(pasted)).toBe(ADDRESS)
  })

  test.each([
    [''],
    ['hello'],
    [ADDRESS.slice(1)],
    [`${ADDRESS}x`],
    [`https://example.org/e/${ADDRESS}`],
    [`https://example.org/d/${ADDRESS}x`],
    [`javascript:alert(1)//${ADDRESS}`],
  ])('there is no address in %j', (pasted) => {
    expect(addressIn(pasted)).toBeNull()
  })
})
