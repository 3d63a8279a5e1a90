import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Tokens } from '#lib/people/tokens.ts'

const SECRET = 'a secret of more than thirty-two characters'
const MINUTE = 60_000

let now = 1_000_000
const tokens = new Tokens(SECRET, () => now)

/** The text with one character replaced by another of the same alphabet. */
function bent(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}

describe('a socket token', () => {
  test('stands for its user and session for ten minutes', () => {
    now = 1_000_000
    const { token, expiresAt } = tokens.issue('ada', 'session')
    expect(expiresAt).toBe(now + 10 * MINUTE)
    now = expiresAt - 1
    expect(tokens.verify(token)).toEqual({ userId: 'ada', sessionId: 'session', expiresAt })
    now = expiresAt
    expect(tokens.verify(token)).toBeNull()
  })

  test('is worth nothing when a character of it is changed', () => {
    const { token } = tokens.issue('ada', 'session')
    for (let at = 0; at < token.length - 1; at++) expect(tokens.verify(bent(token, at))).toBeNull()
  })

  test('of another server is worth nothing', () => {
    const { token } = new Tokens(`another ${SECRET}`, () => now).issue('ada', 'session')
    expect(tokens.verify(token)).toBeNull()
  })

  test('is no token when it is any text', () => {
    fc.assert(fc.property(fc.string(), (text) => tokens.verify(text) === null))
    fc.assert(fc.property(fc.base64String(), (text) => tokens.verify(`st1.${text}.${text}`) === null))
  })
})

describe('an address', () => {
  test('is 32 characters of the URL alphabet and leads back to its link', () => {
    for (let i = 0; i < 100; i++) {
      const linkId = tokens.newLinkId()
      expect(linkId).toMatch(/^[A-Za-z0-9_-]{16}$/)
      expect(tokens.addressOf(linkId)).toMatch(/^[A-Za-z0-9_-]{32}$/)
      expect(tokens.linkIdIn(tokens.addressOf(linkId))).toBe(linkId)
    }
  })

  test('is the same for the same link at every start', () => {
    const linkId = tokens.newLinkId()
    expect(new Tokens(SECRET, () => now).addressOf(linkId)).toBe(tokens.addressOf(linkId))
  })

  test('is unknown when a character of it is changed, or it is cut, or goes on', () => {
    const address = tokens.addressOf(tokens.newLinkId())
    for (let at = 0; at < address.length; at++) expect(tokens.linkIdIn(bent(address, at))).toBeNull()
    expect(tokens.linkIdIn(address.slice(0, 16))).toBeNull()
    expect(tokens.linkIdIn(`${address}A`)).toBeNull()
    expect(tokens.linkIdIn('')).toBeNull()
  })

  test('cannot be made from what a database holds', () => {
    const linkId = tokens.newLinkId()
    expect(tokens.linkIdIn(linkId + linkId)).toBeNull()
    expect(tokens.linkIdIn(new Tokens(`another ${SECRET}`, () => now).addressOf(linkId))).toBeNull()
  })
})
