'use client'

import { useEffect, useRef } from 'react'
import { useAnnounce, useWords } from '#lib/ui/interface.tsx'
import { comingsAndGoings, type Person } from './people.ts'

/** Arrivals and departures are gathered this long before they are announced, ms. */
const BATCH = 5_000

/**
 * Announces arrivals and departures to screen readers. People who were here already, and brief disconnections, are
 * not named.
 */
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

function byId(people: readonly Person[]): ReadonlyMap<string, Person> {
  return new Map(people.map((person) => [person.userId, person]))
}

function sameIds(before: ReadonlyMap<string, Person>, people: readonly Person[]): boolean {
  return before.size === people.length && people.every((person) => before.has(person.userId))
}
