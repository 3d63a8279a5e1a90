'use client'

import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { saveProfile } from '#lib/client/channel/socket-token.ts'
import { mayEdit } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { report } from '#lib/protocol/report.ts'
import { initials } from '#lib/ui/display-name.ts'
import { useAnnounce, useWords } from '#lib/ui/interface.tsx'
import { Popover } from '#lib/ui/overlays.tsx'
import type { DocumentSession } from '../session/document-session.ts'
import { usePeers, useStatus } from '../session/use-provider.ts'
import { type Departed, departures, type Person, peopleIn } from './people.ts'

/** Faces in the header before "+N". */
const FACES = 5

interface PeopleBarProps {
  readonly session: DocumentSession
  /**
   * Returns the section of the text that a person is in, from 1, or null if there are no sections or they have no
   * caret.
   */
  readonly sectionOf: (person: Person) => number | null
  readonly jumpTo: (person: Person) => void
}

/** Returns the people of the room, this user first. */
export function usePeople(session: DocumentSession): readonly Person[] {
  const words = useWords()
  const peers = usePeers(session.provider)
  const ended = useStatus(session.provider).phase === 'ended'
  return useMemo(() => (ended ? [] : peopleIn(peers, words)), [ended, peers, words])
}

/** Returns the people who left within the last ten minutes. */
function useDepartures(people: readonly Person[]): readonly Departed[] {
  const before = useRef(people)
  const [departed, setDeparted] = useState<readonly Departed[]>([])
  useEffect(() => {
    // React may run the updater later, when `before` has changed.
    const previous = before.current
    before.current = people
    setDeparted((known) => departures(known, previous, people, Date.now()))
  }, [people])
  return departed
}

/** The faces of everyone here; each opens the actions for that person. */
export function PeopleBar({ session, sectionOf, jumpTo }: PeopleBarProps) {
  const words = useWords()
  const people = usePeople(session)
  const departed = useDepartures(people)
  const rest = people.length - FACES
  return (
    <ul className="people" aria-label={words.people}>
      {people.slice(0, FACES).map((person, index) => (
        <li key={person.userId} className={index >= 2 ? 'people-wide' : undefined}>
          {person.self ? (
            <Popover
              label={described(person, words, sectionOf(person))}
              buttonClass="face-button"
              button={<Face person={person} />}
            >
              {(close) => <ProfileForm person={person} onDone={close} />}
            </Popover>
          ) : (
            <button
              type="button"
              className="face-button"
              aria-label={described(person, words, sectionOf(person))}
              title={`${person.name} · ${words.jumpTo(person.name)}`}
              onClick={() => jumpTo(person)}
            >
              <Face person={person} />
            </button>
          )}
        </li>
      ))}
      {rest > 0 || people.length > 2 || departed.length > 0 ? (
        <li className={rest > 0 || departed.length > 0 ? undefined : 'people-narrow'}>
          <Popover
            label={rest > 0 ? words.morePeople(rest) : words.people}
            buttonClass="face-button"
            button={
              <span className="face face-more">
                <span className="people-wide">{rest > 0 ? `+${rest}` : '…'}</span>
                <span className="people-narrow">{people.length > 2 ? `+${people.length - 2}` : '…'}</span>
              </span>
            }
          >
            {(close) => (
              <Roster
                people={people}
                departed={departed}
                sectionOf={sectionOf}
                jumpTo={(person) => {
                  close()
                  jumpTo(person)
                }}
              />
            )}
          </Popover>
        </li>
      ) : null}
    </ul>
  )
}

function Face({ person, state = person.state }: { person: Person; state?: Person['state'] | 'left' }) {
  return (
    // CSS draws the initials: they are a picture of a person, not text that repeats the name beside it.
    <span
      className={`face hue-${person.hue} is-${state}`}
      data-initials={initials(person.name)}
      aria-hidden="true"
    >
      {state === 'unsteady' ? <i className="face-badge">…</i> : null}
    </span>
  )
}

function described(person: Person, words: ReturnType<typeof useWords>, section: number | null): string {
  const parts = [person.self ? `${person.name}${words.you}` : person.name, stateWords(person, words)]
  if (section !== null) parts.push(words.section(section))
  return words.person(parts)
}

function stateWords(person: Person, words: ReturnType<typeof useWords>): string {
  return person.state === 'active' && !mayEdit(person.role)
    ? words.states.viewing
    : words.states[person.state]
}

interface RosterProps extends Omit<PeopleBarProps, 'session'> {
  readonly people: readonly Person[]
  readonly departed: readonly Departed[]
}

function Roster({ people, departed, sectionOf, jumpTo }: RosterProps) {
  const words = useWords()
  return (
    <ul className="roster">
      {people.map((person) => {
        const section = sectionOf(person)
        const state = stateWords(person, words)
        const lines = (
          <>
            <Face person={person} />
            <span className="roster-name">
              {person.name}
              {person.self ? <small>{words.you}</small> : null}
            </span>
            <small>{section === null ? state : words.person([state, words.section(section)])}</small>
          </>
        )
        return (
          <li key={person.userId}>
            {person.self || person.member === null ? (
              <span className="roster-line">{lines}</span>
            ) : (
              <button type="button" className="roster-line" onClick={() => jumpTo(person)}>
                {lines}
              </button>
            )}
          </li>
        )
      })}
      {departed.map(({ person, leftAt }) => (
        <li key={person.userId} className="roster-left">
          <span className="roster-line">
            <Face person={person} state="left" />
            <span className="roster-name">{person.name}</span>
            <small>{words.leftAgo(Math.floor((Date.now() - leftAt) / 60_000))}</small>
          </span>
        </li>
      ))}
    </ul>
  )
}

/** The form for the person's own name and colour. */
export function ProfileForm({ person, onDone }: { person: Person; onDone: () => void }) {
  const words = useWords()
  const announce = useAnnounce()
  const [hue, setHue] = useState(person.hue)
  const [failed, setFailed] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const label = useId()
  const save = async () => {
    const typed = field.current?.value ?? ''
    try {
      // A friendly name that was not changed remains one, shown in each reader's language.
      await saveProfile(!person.named && typed.trim() === person.name ? '' : typed, hue)
      announce(words.nameSaved)
      onDone()
    } catch (error) {
      report('the profile was not saved', error)
      setFailed(true)
    }
  }
  return (
    <form
      className="profile"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <label htmlFor={label}>{words.yourName}</label>
      <input
        id={label}
        ref={field}
        className="field"
        defaultValue={person.name}
        maxLength={LIMITS.nameLength}
        autoComplete="nickname"
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.nativeEvent.isComposing || event.keyCode === 229))
            event.preventDefault()
        }}
      />
      <fieldset className="hues">
        <legend>{words.yourColour}</legend>
        {words.hues.map((name, index) => (
          <label key={name} className={`hue-choice hue-${index}`} title={name}>
            <input type="radio" name="hue" checked={index === hue} onChange={() => setHue(index)} />
            <span className="hue-name">{name}</span>
          </label>
        ))}
      </fieldset>
      {failed ? (
        <p className="note note-error" role="alert">
          {words.nameFailed}
        </p>
      ) : null}
      <button type="submit" className="button">
        {words.saveName}
      </button>
    </form>
  )
}
