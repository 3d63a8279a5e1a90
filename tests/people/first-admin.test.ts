import { afterEach, expect, test, vi } from 'vitest'
import { FirstAdmin } from '#lib/people/first-admin.ts'

afterEach(() => vi.restoreAllMocks())

/** Returns the lines that it prints. */
function printedBy(firstAdmin: FirstAdmin): unknown[] {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  firstAdmin.printInvitation('https://write.example.org')
  return print.mock.calls.flat()
}

test('if there is an administrator nothing is printed, and no token is valid', () => {
  const firstAdmin = FirstAdmin.create(false)
  expect(printedBy(firstAdmin)).toEqual([])
  expect(firstAdmin.isRight('')).toBe(false)
})

test('the printed link contains the token, which is valid once', () => {
  const firstAdmin = FirstAdmin.create(true)
  const [line] = printedBy(firstAdmin)
  const token = /https:\/\/write\.example\.org\/.*setup\/([\w-]{32})$/.exec(String(line))?.[1] ?? ''
  expect(firstAdmin.use(`${token}x`)).toBe(false)
  expect(firstAdmin.use(token)).toBe(true)
  expect(firstAdmin.use(token)).toBe(false)
  firstAdmin.putBack(token)
  expect(firstAdmin.isRight(token)).toBe(true)
})
