import { describe, expect, test } from 'vitest'
import { Addresses } from '#lib/library/addresses.ts'

const SECRET = 'a secret of more than thirty-two characters'

const addresses = new Addresses(SECRET)

/** Returns the text with one character replaced by another of the same alphabet. */
function bent(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
}

describe('an address', () => {
  test('is 32 characters of the URL alphabet and leads back to its link', () => {
    for (let i = 0; i < 100; i++) {
      const linkId = addresses.newLinkId()
      expect(linkId).toMatch(/^[A-Za-z0-9_-]{16}$/)
      expect(addresses.addressOf(linkId)).toMatch(/^[A-Za-z0-9_-]{32}$/)
      expect(addresses.linkIdIn(addresses.addressOf(linkId))).toBe(linkId)
    }
  })

  test('is the same for the same link at every start', () => {
    const linkId = addresses.newLinkId()
    expect(new Addresses(SECRET).addressOf(linkId)).toBe(addresses.addressOf(linkId))
  })

  test('is unknown if a character of it is changed, or if it is cut or extended', () => {
    const address = addresses.addressOf(addresses.newLinkId())
    for (let at = 0; at < address.length; at++) expect(addresses.linkIdIn(bent(address, at))).toBeNull()
    expect(addresses.linkIdIn(address.slice(0, 16))).toBeNull()
    expect(addresses.linkIdIn(`${address}A`)).toBeNull()
    expect(addresses.linkIdIn('')).toBeNull()
  })

  test('cannot be made from the contents of a database', () => {
    const linkId = addresses.newLinkId()
    expect(addresses.linkIdIn(linkId + linkId)).toBeNull()
    expect(addresses.linkIdIn(new Addresses(`another ${SECRET}`).addressOf(linkId))).toBeNull()
  })
})
