'use client'

import { useEffect, useRef, useState } from 'react'
import { atLeast } from '#lib/protocol/identity.ts'
import type { Asked } from '#lib/protocol/messages/access.ts'
import { report } from '#lib/protocol/report.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { CloseIcon } from '#lib/ui/icons.tsx'
import { useAnnounce, useWords } from '#lib/ui/interface.tsx'
import { shownRole } from '#lib/ui/offered-roles.ts'
import type { DocumentSession } from '../session/document-session.ts'
import { useStatus } from '../session/use-provider.ts'

type Wish = Pick<Asked, 'user' | 'role'>

/** Requests made while the owner was away are looked up this long after joining, ms: nothing waits for them. */
const LOOK_AFTER = 1500

/**
 * Tells the owner that a person is asking for access. Shows one request at a time, the latest first; the share dialog
 * lists them all.
 */
export function AskedNotice({ session, address }: { session: DocumentSession; address: string }) {
  const words = useWords()
  const announce = useAnnounce()
  const { role, phase } = useStatus(session.provider)
  const owner = role === 'owner' && phase === 'joined'
  const [asked, setAsked] = useState<Wish | null>(null)
  const [failed, setFailed] = useState(false)
  useEffect(
    () =>
      session.provider.on('asked', (who) => {
        setAsked(who)
        setFailed(false)
        announce(words.access.asks(displayName(who.user, words), shownRole(who.role)))
      }),
    [session, announce, words],
  )
  useWaiting(owner, address, (who) => setAsked((before) => before ?? who))
  useEffect(
    () =>
      session.provider.on('peers', (peers) => {
        // Answered elsewhere: in the share dialog, or in another tab.
        const has = (who: Wish) =>
          peers.some(({ userId, role }) => userId === who.user.userId && atLeast(role, who.role))
        setAsked((before) => (before && has(before) ? null : before))
      }),
    [session],
  )
  if (!asked || role !== 'owner') return null
  const name = displayName(asked.user, words)
  const sentence = words.access.asks(name, shownRole(asked.role))
  const answer = async (allow: boolean) => {
    try {
      const { answerRequest } = await import('./sharing-client.ts')
      await answerRequest(address, asked.user.userId, allow ? asked.role : null)
      setAsked(null)
      announce(allow ? words.access.allowed(name) : words.access.declined(name))
    } catch (error) {
      report('the request was not answered', error)
      setFailed(true)
    }
  }
  return (
    <section className="notice notice-asked" aria-label={sentence}>
      <p>
        {sentence}
        {failed ? <span className="notice-failed"> {words.access.answerFailed}</span> : null}
      </p>
      <button type="button" className="button" onClick={() => void answer(true)}>
        {words.access.allow}
      </button>
      <button type="button" className="button button-quiet" onClick={() => void answer(false)}>
        {words.access.notNow}
      </button>
      <button type="button" className="icon-button" aria-label={words.dismiss} onClick={() => setAsked(null)}>
        <CloseIcon />
      </button>
    </section>
  )
}

/** Announces the oldest waiting request. */
function useWaiting(owner: boolean, address: string, tell: (who: Wish) => void): void {
  const latest = useRef(tell)
  latest.current = tell
  useEffect(() => {
    if (!owner) return
    const look = async () => {
      const { loadSharing } = await import('./sharing-client.ts')
      const [oldest] = (await loadSharing(address)).requests
      if (oldest) latest.current(oldest)
    }
    const timer = setTimeout(() => {
      look().catch((error: unknown) => report('requests were not looked up', error, 'debug'))
    }, LOOK_AFTER)
    return () => clearTimeout(timer)
  }, [owner, address])
}
