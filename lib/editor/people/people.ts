import type { Peer } from '#lib/client/provider-state.ts'
import type { PresenceState, Role } from '#lib/protocol/identity.ts'
import { displayName } from '#lib/ui/display-name.ts'
import type { Words } from '#lib/ui/words/page-words.ts'

/** One person in the room, all their tabs together. */
export interface Person {
  readonly userId: string
  readonly name: string
  /** True if they chose their name, false if it is the friendly guest name. */
  readonly named: boolean
  readonly hue: number
  readonly role: Role
  /** The state of their most active tab. */
  readonly state: PresenceState
  /** The tab to jump to: the most active one with a caret. Null if none has one. */
  readonly member: number | null
  readonly self: boolean
}

/** A person who was here. `leftAt`: ms since the epoch. */
export interface Departed {
  readonly person: Person
  readonly leftAt: number
}

/** People who left are listed this long, ms. */
const DEPARTED_FOR = 10 * 60_000

/** The number of people named individually; the rest are counted. */
const NAMES = 3

const LIVELINESS: Record<PresenceState, number> = { active: 0, idle: 1, unsteady: 2 }

/** Groups tabs into people: this user first, then in order of arrival. */
export function peopleIn(peers: readonly Peer[], words: Words): Person[] {
  const tabs = new Map<string, Peer[]>()
  for (const peer of peers) {
    const own = tabs.get(peer.userId)
    if (own) own.push(peer)
    else tabs.set(peer.userId, [peer])
  }
  const people = [...tabs.values()].map((own) => personOf(own, words))
  return people.sort((a, b) => Number(b.self) - Number(a.self))
}

function personOf(tabs: readonly Peer[], words: Words): Person {
  const byLiveliness = [...tabs].sort((a, b) => LIVELINESS[a.state] - LIVELINESS[b.state])
  const liveliest = byLiveliness[0]
  if (!liveliest) throw new Error('a person has at least one tab')
  return {
    userId: liveliest.userId,
    name: displayName(liveliest, words),
    named: liveliest.name !== '',
    hue: liveliest.hue,
    role: liveliest.role,
    state: liveliest.state,
    member: byLiveliness.find((tab) => tab.caret !== null)?.member ?? null,
    self: tabs.some((tab) => tab.self),
  }
}

/**
 * Returns the people who left, newest first: adds those missing from `after`, drops those who came back or left too
 * long ago.
 */
export function departures(
  known: readonly Departed[],
  before: readonly Person[],
  after: readonly Person[],
  now: number,
): readonly Departed[] {
  const here = new Set(after.map((person) => person.userId))
  const gone = before
    .filter((person) => !person.self && !here.has(person.userId))
    .map((person) => ({ person, leftAt: now }))
  const still = known.filter((entry) => !here.has(entry.person.userId) && now - entry.leftAt < DEPARTED_FOR)
  if (gone.length === 0 && still.length === known.length) return known
  return [...gone, ...still]
}

/** Describes arrivals and departures in a sentence or two. Returns '' if there were none. Pure. */
export function comingsAndGoings(
  before: ReadonlyMap<string, Person>,
  after: ReadonlyMap<string, Person>,
  words: Words,
): string {
  const names = (of: ReadonlyMap<string, Person>, missing: ReadonlyMap<string, Person>) =>
    [...of.values()].filter((person) => !person.self && !missing.has(person.userId)).map(({ name }) => name)
  const short = (list: string[]) =>
    list.length <= NAMES + 1 ? list : [...list.slice(0, NAMES), words.manyMore(list.length - NAMES)]
  const came = names(after, before)
  const went = names(before, after)
  return words.sentences([
    ...(came.length > 0 ? [words.joined(short(came))] : []),
    ...(went.length > 0 ? [words.left(short(went))] : []),
  ])
}
