import { beforeEach, describe, expect, test } from 'vitest'
import { type LinkAttempt, LinkPasswords } from '#lib/library/link-passwords.ts'
import { Rates } from '#lib/process/rates.ts'
import { refusalIn } from '#lib/protocol/errors.ts'

const RIGHT = 'a password'

let now: number
let hashes: number
let links: LinkPasswords

beforeEach(() => {
  now = 0
  hashes = 0
  links = new LinkPasswords({
    rates: new Rates(() => now),
    passwords: {
      matches: async (password) => {
        hashes++
        return password === RIGHT
      },
    },
  })
})

let guests = 0
/** Tries a password as a new guest unless `attempt` says otherwise. */
function enter(password: string, attempt: Partial<LinkAttempt> = {}): Promise<boolean | 'refused'> {
  const whole = { linkId: 'link', userId: `guest-${++guests}`, place: '192.0.2.1', password, ...attempt }
  return links.isRight(whole, 'hash').catch((error: unknown) => {
    expect(refusalIn(error)).toMatchObject({ code: 'rate-limited' })
    return 'refused' as const
  })
}

/** Returns how many of `count` wrong passwords are checked before the next is refused. */
async function guess(
  count: number,
  attempt: (i: number) => Partial<LinkAttempt> = () => ({}),
): Promise<number> {
  let checked = 0
  for (let i = 0; i < count; i++) if ((await enter(`guess ${i}`, attempt(i))) === false) checked++
  return checked
}

describe('wrong passwords', () => {
  test('of new guests each time are a hundred from one place, then one in twenty seconds', async () => {
    expect(await guess(200)).toBe(100)
    now += 60_000
    expect(await guess(10)).toBe(3)
  })

  test('from one place do not hold up another, nor another link', async () => {
    await guess(200)
    expect(await enter(RIGHT, { place: '192.0.2.2' })).toBe(true)
    expect(await enter(RIGHT, { linkId: 'another' })).toBe(true)
  })

  test('from a new place each time, and from a place that is not known, are three hundred', async () => {
    expect(await guess(1000, (i) => ({ place: `10.0.${i >> 8}.${i & 255}` }))).toBe(300)
    expect(await guess(1000, () => ({ linkId: 'another', place: '' }))).toBe(300)
  })

  test('of one user are ten', async () => {
    expect(await guess(50, () => ({ userId: 'mei' }))).toBe(10)
  })

  test('at the same moment are no more', async () => {
    const all = await Promise.all(Array.from({ length: 300 }, (_, i) => enter(`guess ${i}`)))
    expect(all.filter((each) => each === false)).toHaveLength(100)
  })
})

describe('the right password', () => {
  test('costs a class nothing, also at the same moment: 300 enter it from one place', async () => {
    const together = await Promise.all(Array.from({ length: 300 }, () => enter(RIGHT)))
    expect(new Set(together)).toEqual(new Set([true]))
    for (let i = 0; i < 300; i++) expect(await enter(RIGHT)).toBe(true)
    expect(hashes).toBe(1)
    expect(await guess(200)).toBe(100)
  })

  test('is forgotten with the hash it had', async () => {
    await enter(RIGHT)
    const attempt = { linkId: 'link', userId: 'mei', place: '192.0.2.1', password: RIGHT }
    await links.isRight(attempt, 'another hash')
    expect(hashes).toBe(2)
  })

  test('is no way to guess on once there were too many wrong ones', async () => {
    await enter(RIGHT)
    await guess(200)
    expect(await enter(RIGHT)).toBe('refused')
  })
})
