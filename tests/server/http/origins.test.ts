import { describe, expect, test } from 'vitest'
import { Origins } from '#lib/server/http/origins.ts'

const open = new Origins('https://write.example.org')
const local = new Origins(null)

describe('a request that changes something', () => {
  test.for([
    ['of the public address', open, 'https://write.example.org', 'write.example.org', undefined, true],
    [
      'of the public address behind a proxy',
      open,
      'https://write.example.org',
      '10.0.0.1:3000',
      undefined,
      true,
    ],
    ['of the address it listens on', open, 'http://127.0.0.1:3000', '127.0.0.1:3000', undefined, true],
    ['of localhost', local, 'http://localhost:3000', 'localhost:3000', 'same-origin', true],
    [
      'of an address in the local network',
      local,
      'http://192.168.1.5:3000',
      '192.168.1.5:3000',
      undefined,
      true,
    ],
    ['of an IPv6 address', local, 'http://[::1]:3000', '[::1]:3000', undefined, true],
    ['of another site', open, 'https://evil.example', 'write.example.org', 'cross-site', false],
    ['of another port', local, 'http://127.0.0.1:8080', '127.0.0.1:3000', 'same-site', false],
    [
      'of a foreign name that leads here',
      local,
      'http://evil.example:3000',
      'evil.example:3000',
      'same-origin',
      false,
    ],
    ['of a name under ours', open, 'https://evil.write.example.org', 'write.example.org', 'same-site', false],
    ['of no readable origin', open, 'not an origin', 'write.example.org', undefined, false],
    ['of a form whose origin is withheld', open, 'null', 'write.example.org', 'same-origin', true],
    ['of a frame without an origin', open, 'null', 'write.example.org', 'cross-site', false],
    ['of a withheld origin and nothing more', open, 'null', 'write.example.org', undefined, false],
    ['of a program', open, undefined, 'write.example.org', undefined, true],
    ['of a browser that names no origin', open, undefined, 'write.example.org', 'cross-site', false],
  ] as const)('%s', ([_what, origins, origin, host, fetchSite, allowed]) => {
    expect(origins.mayMutate({ origin, host, fetchSite })).toBe(allowed)
  })
})

test('a socket comes from one of our pages or from a program', () => {
  expect(open.mayConnect({ origin: undefined, host: 'write.example.org' })).toBe(true)
  expect(open.mayConnect({ origin: 'https://write.example.org', host: 'write.example.org' })).toBe(true)
  expect(open.mayConnect({ origin: 'null', host: 'write.example.org' })).toBe(false)
  expect(open.mayConnect({ origin: 'https://evil.example', host: 'write.example.org' })).toBe(false)
})

describe('a page opened at a name', () => {
  const direct = { host: null, scheme: null }
  test.for([
    ['that is unknown', null, 'write.example.org', direct, 'http://write.example.org'],
    [
      'that is unknown, behind a proxy',
      null,
      '127.0.0.1:3000',
      { host: 'write.example.org', scheme: 'https' },
      'https://write.example.org',
    ],
    ['with a port', null, 'box.lan:3000', direct, 'http://box.lan:3000'],
    [
      'that differs from the one set',
      'https://write.example.org',
      'www.example.org',
      direct,
      'http://www.example.org',
    ],
    ['that is ours', 'https://write.example.org', 'write.example.org', direct, null],
    ['inside a proxy’s network', 'https://write.example.org', 'app:3000', direct, null],
    ['by its IP address', null, '192.168.1.5:3000', direct, null],
    ['of this machine', null, 'localhost:3000', direct, null],
    ['that is none', null, 'a";reboot;"', direct, null],
    ['that is missing', null, null, direct, null],
  ] as const)('%s', ([, own, host, forwarded, from]) => {
    expect(new Origins(own).foreignHost(host, forwarded)?.from ?? null).toBe(from)
  })
})
