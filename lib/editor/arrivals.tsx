'use client'

import { useEffect, useRef } from 'react'
import { useAnnounce, useWords } from './interface.tsx'
import type { Person } from './people.ts'
import type { Words } from './words.ts'

/** Comings and goings are gathered this long before they are said, ms. */
const BATCH = 5_000
/** Names said one by one; the rest as a number. */
const NAMES = 3

/** Has screen readers say who joined and who left. Whoever was here already, and whoever only flickered, is not named. */
export function Arrivals({ people, joined }: { people: readonly Person[]; joined: boolean }) {
  const announce = useAnnounce()
  const words = useWords()
  const said = useRef<ReadonlyMap<string, Person> | null>(null)
  const latest = useRef(people)
  latest.current = people
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null)

  useEffect(() => {
    if (!joined || people.length === 0) return
    if (said.current === null) {
      said.current = byId(people)
      return
    }
    if (sameIds(said.current, people)) return
    waiting.current ??= setTimeout(() => {
      waiting.current = null
      const before = said.current ?? new Map()
      said.current = byId(latest.current)
      const sentence = comingsAndGoings(before, said.current, words)
      if (sentence !== '') announce(sentence)
    }, BATCH)
  }, [people, joined, announce, words])

  useEffect(
    () => () => {
      if (waiting.current) clearTimeout(waiting.current)
      waiting.current = null
    },
    [],
  )
  return null
}

/** Who joined and who left, in a sentence or two; '' when nobody did. Pure. */
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
  return [came.length > 0 ? words.joined(short(came)) : '', went.length > 0 ? words.left(short(went)) : '']
    .filter(Boolean)
    .join(' ')
}

function byId(people: readonly Person[]): ReadonlyMap<string, Person> {
  return new Map(people.map((person) => [person.userId, person]))
}

function sameIds(before: ReadonlyMap<string, Person>, people: readonly Person[]): boolean {
  return before.size === people.length && people.every((person) => before.has(person.userId))
}
