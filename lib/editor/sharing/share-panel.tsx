'use client'

import { useEffect, useId, useRef, useState } from 'react'
import { atLeast, type SharedRole } from '#lib/protocol/identity.ts'
import { report } from '#lib/protocol/report.ts'
import type { SharedLink, SharingOverview } from '#lib/protocol/sharing.ts'
import { useAnnounce, useLanguage } from '#lib/ui/interface.tsx'
import { OFFERED_ROLES, shownRole } from '#lib/ui/offered-roles.ts'
import { accessWordsIn } from '#lib/ui/words/access-words.ts'
import type { DocumentSession } from '../session/document-session.ts'
import { LinkCard } from './link-card.tsx'
import { SharedPeople } from './shared-people.tsx'
import type { Sharing } from './sharing.ts'
import { loadSharing, setLinkRole } from './sharing-client.ts'

type Loaded = SharingOverview | 'loading' | 'failed'

/** The content of the share dialog. Loaded when it is first opened. */
export function SharePanel({ session, address }: { session: DocumentSession; address: string }) {
  const words = accessWordsIn(useLanguage().language)
  const announce = useAnnounce()
  const [loaded, setLoaded] = useState<Loaded>('loading')
  const [failed, setFailed] = useState(false)
  const retry = useRef<HTMLButtonElement>(null)

  const load = async () => {
    try {
      setLoaded(await loadSharing(address))
    } catch (error) {
      report('sharing cannot be shown', error)
      setLoaded((before) => (before === 'loading' ? 'failed' : before))
    }
  }
  useSharingLoads(session, load)
  useEffect(() => {
    if (loaded === 'failed') retry.current?.focus()
  }, [loaded])

  if (loaded === 'loading')
    return (
      <p className="share-waiting" role="status">
        <span className="visually-hidden">{words.loading}</span>
      </p>
    )
  if (loaded === 'failed')
    return (
      <div className="share-waiting">
        <p className="note note-warn" role="alert">
          {words.unreachable}
        </p>
        <button ref={retry} type="button" className="button button-quiet" onClick={() => void load()}>
          {words.retry}
        </button>
      </div>
    )

  const change = async (run: () => Promise<unknown>, sentence: string) => {
    setFailed(false)
    try {
      await run()
      announce(sentence)
      return true
    } catch (error) {
      report('sharing was not changed', error)
      setFailed(true)
      return false
    } finally {
      await load()
    }
  }
  const sharing: Sharing = { overview: loaded, address, words, change }
  const owner = loaded.role === 'owner'
  const offered = linksOffered(loaded)
  const [first, ...others] = offered
  return (
    <div className="share">
      {failed ? (
        <p className="note note-error" role="alert">
          {words.failed}
        </p>
      ) : null}
      {owner ? <LinkRoleChoice sharing={sharing} /> : null}
      <p className="share-who">{words.whoHints[first ? shownRole(first.role) : 'nobody']}</p>
      {first ? <LinkCard key={first.role} sharing={sharing} link={first} first /> : null}
      {others.length > 0 ? (
        <details className="share-others">
          <summary>{words.otherLinks}</summary>
          {others.map((link) => (
            <LinkCard key={link.role} sharing={sharing} link={link} />
          ))}
        </details>
      ) : null}
      <SharedPeople sharing={sharing} peers={session.provider.peers} />
    </div>
  )
}

/** Loads now, and again when people come and go, when a person asks for access, and when this user's role changes. */
function useSharingLoads(session: DocumentSession, load: () => Promise<void>): void {
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const { provider } = session
    const present = () => provider.peers.map(({ userId, role }) => `${userId} ${role}`).join()
    let known = present()
    const again = () => void latest.current()
    const stops = [
      provider.on('asked', again),
      provider.on('peers', () => {
        const now = present()
        if (now === known) return
        known = now
        again()
      }),
    ]
    again()
    return () => {
      for (const stop of stops) stop()
    }
  }, [session])
}

/** Returns the links that currently open the document, the most permissive first. */
function linksOffered({ role, linkRole, links }: SharingOverview): SharedLink[] {
  if (linkRole === null) return []
  const offered: readonly string[] = OFFERED_ROLES
  return links
    .filter((link) => offered.includes(link.role) && atLeast(linkRole, link.role) && atLeast(role, link.role))
    .reverse()
}

/** "People with the link can …": the document's only switch. */
function LinkRoleChoice({ sharing: { overview, address, words, change } }: { sharing: Sharing }) {
  const name = useId()
  const [chosen, setChosen] = useState<SharedRole | null>(overview.linkRole)
  const { linkRole } = overview
  useEffect(() => setChosen(linkRole), [linkRole])
  const choose = async (role: SharedRole | null) => {
    setChosen(role)
    const said = words.linkRoleChanged(words.linkRoles[role ? shownRole(role) : 'nobody'])
    if (!(await change(() => setLinkRole(address, role), said))) setChosen(linkRole)
  }
  return (
    <fieldset className="choice">
      <legend>{words.who}</legend>
      <div className="segments">
        {[...OFFERED_ROLES].reverse().map((role) => (
          <Segment
            key={role}
            name={name}
            chosen={chosen !== null && shownRole(chosen) === role}
            onChoose={() => void choose(role)}
          >
            {words.linkRoles[role]}
          </Segment>
        ))}
        <Segment name={name} chosen={chosen === null} onChoose={() => void choose(null)}>
          {words.linkRoles.nobody}
        </Segment>
      </div>
    </fieldset>
  )
}

interface SegmentProps {
  readonly name: string
  readonly chosen: boolean
  readonly onChoose: () => void
  readonly children: string
}

function Segment({ name, chosen, onChoose, children }: SegmentProps) {
  return (
    <label className="segment">
      <input type="radio" name={name} checked={chosen} onChange={onChoose} />
      <span>{children}</span>
    </label>
  )
}
