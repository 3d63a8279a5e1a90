'use client'

import type { Peer } from '#lib/client/provider-state.ts'
import { atLeast, type SharedRole } from '#lib/protocol/identity.ts'
import type { SharedPerson, SharingOverview } from '#lib/protocol/sharing.ts'
import { displayName, initials } from '#lib/ui/display-name.ts'
import { useWords } from '#lib/ui/interface.tsx'
import { OFFERED_ROLES, shownRole } from '#lib/ui/offered-roles.ts'
import type { Sharing } from './sharing.ts'
import { answerRequest, grantRole } from './sharing-client.ts'

/** The people who ask for access and those who have it: the owner can answer and change, others can read. */
export function SharedPeople({ sharing, peers }: { sharing: Sharing; peers: readonly Peer[] }) {
  const { overview, words } = sharing
  const { requests } = overview
  const self = peers.find((peer) => peer.self)?.userId
  // In the colours they have in the room.
  const hues = new Map(peers.map(({ userId, hue }) => [userId, hue]))
  const people = overview.people.map((person) => ({
    ...person,
    user: { ...person.user, hue: hues.get(person.user.userId) ?? person.user.hue },
  }))
  return (
    <>
      {requests.length > 0 ? (
        <section className="share-people">
          <h3>{words.requests}</h3>
          <ul>
            {requests.map((request) => (
              <Request
                key={request.user.userId}
                sharing={sharing}
                request={request}
                hue={hues.get(request.user.userId) ?? null}
              />
            ))}
          </ul>
        </section>
      ) : null}
      <section className="share-people">
        <h3>{words.people}</h3>
        <ul>
          {people.map((person) => (
            <PersonLine
              key={person.user.userId}
              sharing={sharing}
              person={person}
              self={person.user.userId === self}
            />
          ))}
        </ul>
        {overview.role === 'owner' && people.length === 1 ? (
          <p className="link-hint">{words.onlyYou}</p>
        ) : null}
      </section>
    </>
  )
}

function Request({
  sharing: { address, words, change },
  request: { user, role },
  hue,
}: {
  sharing: Sharing
  request: SharingOverview['requests'][number]
  /** Their colour in the room; null if they are not there now. */
  hue: number | null
}) {
  const name = displayName(user, useWords())
  const answer = (given: SharedRole | null, sentence: string) =>
    void change(() => answerRequest(address, user.userId, given), sentence)
  return (
    <li className="share-person">
      <Face name={name} hue={hue ?? user.hue} present={hue !== null} />
      <span className="share-name">
        {name} <small>{words.asks[shownRole(role)]}</small>
      </span>
      <span className="button-row">
        <button type="button" className="button" onClick={() => answer(role, words.allowed(name))}>
          {words.allow}
        </button>
        <button
          type="button"
          className="button button-quiet"
          onClick={() => answer(null, words.declined(name))}
        >
          {words.notNow}
        </button>
      </span>
    </li>
  )
}

interface PersonLineProps {
  readonly sharing: Sharing
  readonly person: SharedPerson
  readonly self: boolean
}

function PersonLine({ sharing, person, self }: PersonLineProps) {
  const { words, overview } = sharing
  const { user, role, via, present } = person
  const pageWords = useWords()
  const name = displayName(user, pageWords)
  const facts = [
    ...(present ? [words.here] : []),
    ...(via === 'link' && overview.role === 'owner' ? [words.byLink] : []),
  ]
  return (
    <li className="share-person">
      <Face name={name} hue={user.hue} present={present} />
      <span className="share-name">
        {name}
        {self ? <small>{pageWords.you}</small> : null}
        {facts.length > 0 ? <small className="share-facts">{facts.join(' · ')}</small> : null}
      </span>
      {overview.role === 'owner' && via !== 'owner' ? (
        <RoleChoice sharing={sharing} person={person} name={name} />
      ) : (
        <span className="share-role">{words.roles[shownRole(role)]}</span>
      )}
    </li>
  )
}

/** A choice of role. A link's role can be raised for one person; a role of their own can be changed and removed. */
function RoleChoice({ sharing, person, name }: Omit<PersonLineProps, 'self'> & { name: string }) {
  const { address, words, change } = sharing
  const { user, via } = person
  const role = shownRole(person.role)
  const own = via === 'grant'
  const roles = OFFERED_ROLES.filter((each) => own || atLeast(each, role))
  const choose = (value: string) => {
    const given = roles.find((each) => each === value) ?? null
    if (!own && given === role) return
    const sentence = given === null ? words.accessEnded(name) : words.roleChanged(name, words.roles[given])
    void change(() => grantRole(address, user.userId, given), sentence)
  }
  return (
    <select
      className="field role-choice"
      aria-label={words.roleOf(name)}
      value={role}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {roles.map((each) => (
        <option key={each} value={each}>
          {words.roles[each]}
        </option>
      ))}
      {own ? <option value="">{words.remove}</option> : null}
    </select>
  )
}

function Face({ name, hue, present }: { name: string; hue: number; present: boolean }) {
  return (
    <span
      className={`face hue-${hue} ${present ? 'is-active' : 'is-left'}`}
      data-initials={initials(name)}
      aria-hidden="true"
    />
  )
}
