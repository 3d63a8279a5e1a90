import { describe, expect, test } from 'vitest'
import type { Peer } from '#lib/client/provider-state.ts'
import { comingsAndGoings, departures, type Person, peopleIn } from '#lib/editor/people/people.ts'
import { initials } from '#lib/ui/display-name.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'

const words = wordsIn('en')
const CARET = Uint8Array.of(1)
let member = 0

function tab(userId: string, more: Partial<Peer> = {}): Peer {
  return {
    userId,
    name: userId,
    guestName: 0,
    hue: 3,
    member: ++member,
    role: 'editor',
    state: 'active',
    caret: null,
    self: false,
    ...more,
  }
}
const names = (people: readonly Person[]) => people.map((person) => person.name)
const by = (people: readonly Person[]) => new Map(people.map((person) => [person.userId, person]))

describe('people', () => {
  test('several tabs of one person are one person, as active as the most active tab', () => {
    const [mei] = peopleIn([tab('Mei', { state: 'unsteady' }), tab('Mei', { state: 'idle' })], words)
    expect(mei).toMatchObject({ name: 'Mei', state: 'idle' })
  })

  test('the tab to jump to is the most active one with a caret', () => {
    const resting = tab('Mei', { state: 'idle', caret: CARET })
    const [mei] = peopleIn([tab('Mei'), resting], words)
    expect(mei).toMatchObject({ state: 'active', member: resting.member })
  })

  test('this user comes first, the others in order of arrival', () => {
    const people = peopleIn([tab('Mei'), tab('Akira'), tab('me', { self: true })], words)
    expect(names(people)).toEqual(['me', 'Mei', 'Akira'])
  })

  test('a person without a name has the friendly name, in the language of the reader', () => {
    const guest = tab('x', { name: '', guestName: 13 })
    expect(names(peopleIn([guest], words))).toEqual(['Quiet Black Bear'])
    expect(names(peopleIn([guest], wordsIn('zh-TW')))).toEqual(['安靜的黑熊'])
  })
})

describe('who left', () => {
  const [mei, akira, me] = ['Mei', 'Akira', 'me'].map((name) =>
    peopleIn([tab(name, { self: name === 'me' })], words),
  ) as [Person[], Person[], Person[]]

  test('is listed until ten minutes later, or until they are back', () => {
    const gone = departures([], [...mei, ...akira], akira, 1_000)
    expect(gone.map(({ person }) => person.name)).toEqual(['Mei'])
    expect(departures(gone, akira, akira, 599_000)).toBe(gone)
    expect(departures(gone, akira, akira, 602_000)).toEqual([])
    expect(departures(gone, akira, [...akira, ...mei], 2_000)).toEqual([])
  })

  test('is never this user: a lost connection empties the room', () => {
    expect(departures([], [...me, ...mei], [], 0).map(({ person }) => person.name)).toEqual(['Mei'])
  })

  test('is announced in one sentence; brief disconnections are not', () => {
    expect(comingsAndGoings(by(me), by([...me, ...mei, ...akira]), words)).toBe('Mei and Akira joined.')
    expect(comingsAndGoings(by([...me, ...mei]), by([...me, ...akira]), words)).toBe(
      'Akira joined. Mei left.',
    )
    expect(comingsAndGoings(by([...me, ...mei]), by([...me, ...mei]), words)).toBe('')
  })

  test('is announced without a space between Chinese sentences', () => {
    const chinese = wordsIn('zh-TW')
    expect(comingsAndGoings(by([...me, ...mei]), by([...me, ...akira]), chinese)).toBe(
      'Akira加入了。Mei離開了。',
    )
  })

  test('is counted when many come together', () => {
    const crowd = Array.from({ length: 7 }, (_, index) => peopleIn([tab(`P${index}`)], words)).flat()
    expect(comingsAndGoings(new Map(), by(crowd), words)).toBe('P0, P1, P2, and 4 more people joined.')
  })
})

test.each([
  ['Mei', 'ME'],
  ['Smiling Leopard Cat', 'SL'],
  ['Ana-Maria', 'AM'],
  ['美玲', '美'],
  ['微笑的石虎', '石'],
  ['たろう', 'た'],
  ['김민준', '김'],
  ['Ø', 'Ø'],
  ['🦉', '🦉'],
])('the face of %s shows %s', (name, expected) => {
  expect(initials(name)).toBe(expected)
})
