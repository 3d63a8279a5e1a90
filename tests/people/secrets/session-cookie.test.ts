import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SessionCookie } from '#lib/people/secrets/session-cookie.ts'

const SECRET = 'a secret of more than thirty-two characters'
const cookie = new SessionCookie(SECRET, 'http://127.0.0.1:3000')

const cookieValue = (setCookie: string) => /=([^;]*)/.exec(setCookie)?.[1] ?? ''
const headers = (value: string, name = 'commonplace') => new Headers({ cookie: `a=b; ${name}=${value}; c=d` })
const tokens = fc.stringMatching(/^[\w-]{1,64}$/)

describe('a cookie', () => {
  test('returns the token it was made for, and no other', () => {
    fc.assert(
      fc.property(tokens, tokens, (token, other) => {
        const value = cookieValue(cookie.set(token))
        expect(cookie.tokenIn(headers(value))).toBe(token)
        const signature = value.slice(value.indexOf('.'))
        if (other !== token) expect(cookie.tokenIn(headers(other + signature))).toBeNull()
      }),
    )
  })

  test('altered in one place is invalid', () => {
    const value = decodeURIComponent(cookieValue(cookie.set('Aq3-_token')))
    fc.assert(
      fc.property(fc.nat(value.length - 1), fc.constantFrom(...'aZ09-_.+/='), (at, character) => {
        const altered = value.slice(0, at) + character + value.slice(at + 1)
        const expected = altered === value ? 'Aq3-_token' : null
        expect(cookie.tokenIn(headers(encodeURIComponent(altered)))).toBe(expected)
      }),
    )
  })

  test('with arbitrary text from a browser is invalid, and does not throw', () => {
    const texts = fc.string({ unit: 'binary-ascii' }).filter((text) => !/[\0\r\n]/.test(text))
    fc.assert(
      fc.property(texts, (text) => {
        expect(cookie.tokenIn(headers(text))).toBeNull()
        expect(cookie.tokenIn(new Headers({ cookie: text }))).toBeNull()
      }),
    )
    expect(cookie.tokenIn(new Headers())).toBeNull()
  })

  test('of another server is invalid', () => {
    const other = new SessionCookie(`${SECRET}!`, 'http://127.0.0.1:3000')
    expect(cookie.tokenIn(headers(cookieValue(other.set('token'))))).toBeNull()
  })
})

describe('the attributes', () => {
  test('hide it from scripts and from other sites’ requests', () => {
    expect(cookie.set('token')).toMatch(
      /^commonplace=token\.[^;]+; Max-Age=34560000; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    expect(cookie.clear()).toBe('commonplace=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax')
  })

  test('over https require https and no subdomain, whatever path the pages are under', () => {
    const secure = new SessionCookie(SECRET, 'https://write.example.org')
    expect(secure.set('token')).toMatch(
      /^__Host-commonplace=token\.[^;]+; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect(secure.clear()).toBe('__Host-commonplace=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax')
    expect(secure.tokenIn(headers(cookieValue(secure.set('token'))))).toBeNull()
    expect(secure.tokenIn(headers(cookieValue(secure.set('token')), '__Host-commonplace'))).toBe('token')
  })
})
