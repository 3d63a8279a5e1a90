import { expect, test } from 'vitest'
import { hashPassword, isPassword } from '#lib/people/secrets/passwords.ts'

test('a password has its hash, and each hash a salt of its own', async () => {
  const [one, two] = [await hashPassword('correct horse'), await hashPassword('correct horse')]
  expect(one).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/)
  expect(one).not.toBe(two)
  expect(await isPassword('correct horse', one)).toBe(true)
  expect(await isPassword('correct horse', two)).toBe(true)
  expect(await isPassword('correct horsf', one)).toBe(false)
})

test.for([
  null,
  '',
  ':',
  'no hash',
  `${'0'.repeat(32)}:`,
  `${'0'.repeat(32)}:00`,
  `${'0'.repeat(32)}:${'x'.repeat(128)}`,
])('no password has the hash %s', async (hash) => {
  for (const password of ['', 'correct horse']) expect(await isPassword(password, hash)).toBe(false)
})
