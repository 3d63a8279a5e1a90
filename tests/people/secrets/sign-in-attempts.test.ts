import { beforeEach, describe, expect, test } from 'vitest'
import { DeviceCookie } from '#lib/people/secrets/device-cookie.ts'
import { SignInAttempts } from '#lib/people/secrets/sign-in-attempts.ts'
import { CLIENT_HEADER, ClientIps, type TrustedProxies } from '#lib/process/client-ip.ts'
import { Rates } from '#lib/process/rates.ts'

const SECRET = 'a secret of more than thirty-two characters'
const ORIGIN = 'https://write.example.org'
const EMAIL = 'mei@example.org'

let now: number
let devices: DeviceCookie
let attempts: SignInAttempts

beforeEach(() => arrange(1))

function arrange(trusted: TrustedProxies): void {
  now = 0
  devices = new DeviceCookie(SECRET, ORIGIN)
  const rates = new Rates(() => now)
  attempts = new SignInAttempts({ rates, clientIps: new ClientIps(trusted), devices })
}

const from = (ip: string, more: Record<string, string> = {}) => new Headers({ [CLIENT_HEADER]: ip, ...more })
const cookieOf = (setCookie: string) => setCookie.split(';', 1)[0] ?? ''
const known = (userId: string) => cookieOf(devices.with(new Headers(), userId))

/** Returns how many of `count` failed attempts are let through. */
function failures(count: number, headers: (i: number) => Headers, email = EMAIL): number {
  let passed = 0
  for (let i = 0; i < count; i++) if (tries(headers(i), email)) passed++
  return passed
}

function tries(headers: Headers, email = EMAIL): boolean {
  try {
    attempts.begin(headers, email, 'mei')
    return true
  } catch {
    return false
  }
}

describe('failed sign-ins of strangers', () => {
  test('are ten for an account from one place, then one in ten seconds', () => {
    expect(failures(30, () => from('192.0.2.1'))).toBe(10)
    now += 10_000
    expect(failures(5, () => from('192.0.2.1'))).toBe(1)
  })

  test('block neither other places nor other accounts nor a browser that has signed in before', () => {
    failures(30, () => from('192.0.2.1'))
    expect(tries(from('192.0.2.2'))).toBe(true)
    expect(tries(from('192.0.2.1'), 'other@example.org')).toBe(true)
    expect(tries(from('192.0.2.1', { cookie: known('mei') }))).toBe(true)
  })

  test('are bounded for one place over all accounts, and a known browser there is not held up', () => {
    expect(failures(1000, () => from('192.0.2.1'), EMAIL)).toBe(10)
    let passed = 0
    for (let i = 0; i < 1000; i++) if (tries(from('192.0.2.1'), `someone-${i}@example.org`)) passed++
    expect(passed).toBeLessThan(400)
    expect(tries(from('192.0.2.1', { cookie: known('mei') }))).toBe(true)
  })

  test('behind a proxy that is not named count for the address that it forwards', () => {
    for (const proxy of ['127.0.0.1', '172.18.0.2']) {
      arrange(0)
      const via = (ip: string) => from(proxy, { 'x-forwarded-for': `198.51.100.9, ${ip}` })
      expect(failures(30, () => via('192.0.2.1'))).toBe(10)
      expect(tries(via('192.0.2.2'))).toBe(true)
      expect(tries(from(proxy, { cookie: known('mei') }))).toBe(true)
    }
  })

  test('with a new forged address each time are a hundred, and a known browser is not blocked', () => {
    arrange(0)
    const forged = (i: number) => from('127.0.0.1', { 'x-forwarded-for': `10.0.${i >> 8}.${i & 255}` })
    expect(failures(1000, forged)).toBe(100)
    expect(tries(from('127.0.0.1', { cookie: known('mei') }))).toBe(true)
  })
})

test('right passwords are given back: a school of 300 signs in from one address', () => {
  for (let i = 0; i < 300; i++) {
    const attempt = attempts.begin(from('192.0.2.1'), `pupil-${i}@example.org`, `pupil-${i}`)
    attempts.succeeded(attempt)
  }
  for (let i = 0; i < 50; i++) attempts.succeeded(attempts.begin(from('192.0.2.1'), EMAIL, 'mei'))
})

describe('a known browser', () => {
  test('has a bucket of its own, which only its own failures fill', () => {
    const [mine, other] = [known('mei'), known('mei')]
    expect(failures(50, () => from('192.0.2.1', { cookie: mine }))).toBe(20)
    expect(tries(from('192.0.2.1', { cookie: other }))).toBe(true)
  })

  test('is known for the accounts it signed in to, of which it may have many, and for no others', () => {
    let cookie = ''
    for (let i = 0; i < 30; i++) cookie = cookieOf(devices.with(new Headers({ cookie }), `pupil-${i}`))
    const headers = new Headers({ cookie })
    const ids = Array.from({ length: 30 }, (_, i) => devices.deviceOf(headers, `pupil-${i}`))
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).not.toBeNull()
    expect(devices.deviceOf(headers, 'mei')).toBeNull()
    expect(cookie.length).toBeLessThan(2000)
  })

  test('is not known by a cookie that was altered, forged or made by another server', () => {
    const other = new DeviceCookie(`${SECRET}!`, ORIGIN).with(new Headers(), 'mei')
    const [name = '', value = ''] = known('mei').split('=')
    for (const cookie of [cookieOf(other), `${name}=${value}x`, `${name}=dv1.e30.x`, `${name}=`, '']) {
      expect(devices.deviceOf(new Headers({ cookie }), 'mei')).toBeNull()
    }
    expect(devices.deviceOf(new Headers({ cookie: known('mei') }), 'mei')).not.toBeNull()
  })

  test('gets a cookie that scripts cannot read, for https only', () => {
    expect(devices.with(new Headers(), 'mei')).toMatch(
      /^__Host-commonplace-device=[^;]+; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
  })
})
