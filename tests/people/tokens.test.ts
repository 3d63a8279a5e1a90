import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Tokens } from '#lib/people/tokens.ts'

const SECRET = 'a secret of more than thirty-two characters'
const MINUTE = 60_000

let now = 1_000_000
const tokens = new Tokens(SECRET, () => now)

/** Returns the text with one character replaced by another of the same alphabet. */
function bent(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}

describe('a socket token', () => {
  test('identifies its user and session for ten minutes', () => {
    now = 1_000_000
    const { token, expiresAt } = tokens.issue('ada', 'session')
    expect(expiresAt).toBe(now + 10 * MINUTE)
    now = expiresAt - 1
    expect(tokens.verify(token)).toEqual({ userId: 'ada', sessionId: 'session', expiresAt })
    now = expiresAt
    expect(tokens.verify(token)).toBeNull()
  })

  test('is invalid if a character of it is changed', () => {
    const { token } = tokens.issue('ada', 'session')
    for (let at = 0; at < token.length - 1; at++) expect(tokens.verify(bent(token, at))).toBeNull()
  })

  test('of another server is invalid', () => {
    const { token } = new Tokens(`another ${SECRET}`, () => now).issue('ada', 'session')
    expect(tokens.verify(token)).toBeNull()
  })

  test('is not just any text', () => {
    fc.assert(fc.property(fc.string(), (text) => tokens.verify(text) === null))
    fc.assert(fc.property(fc.base64String(), (text) => tokens.verify(`st1.${text}.${text}`) === null))
  })
})
