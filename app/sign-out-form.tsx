'use client'

import { useEffect, useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import type { Language } from '#lib/ui/words/language.ts'

/** Only in the browser: Next's server bundle would bring a second copy of Yjs beside the server's own. */
const localCopies = () => import('#lib/client/replica/local-copies.ts')

interface SignOutFormProps {
  /** The user, and the guests that became this user. */
  readonly userIds: readonly string[]
  readonly language: Language
}

/** Ends the session first, so that no open tab writes any more, then erases the user's data in this browser. */
export function SignOutForm({ userIds, language }: SignOutFormProps) {
  const words = accountWordsIn(language)
  const [unsent, setUnsent] = useState(0)
  const [state, setState] = useState<'asking' | 'leaving' | 'offline' | 'kept'>('asking')

  useEffect(() => {
    let gone = false
    const look = async () => {
      const { countUnsent } = await localCopies()
      const counts = await Promise.all(userIds.map(countUnsent))
      if (!gone) setUnsent(counts.reduce((sum, each) => sum + each, 0))
    }
    // An open tab may be sending in the meantime.
    const timer = setInterval(() => void look().catch(reportLook), 1000)
    void look().catch(reportLook)
    return () => {
      gone = true
      clearInterval(timer)
    }
  }, [userIds])

  const leave = async () => {
    setState('leaving')
    try {
      const response = await fetch(pathOf({ to: 'api', path: 'account/sign-out' }), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      if (!response.ok) throw new Error(`the server answered ${response.status}`)
    } catch (error) {
      report('not signed out', error)
      setState('offline')
      return
    }
    try {
      const { wipeLocalCopies } = await localCopies()
      await wipeLocalCopies(userIds)
      location.assign(pathOf({ to: 'front' }))
    } catch (error) {
      report('local copies are still there', error)
      setState('kept')
    }
  }

  return (
    <form
      className="sheet-form"
      method="post"
      action={pathOf({ to: 'api', path: 'account/sign-out' })}
      onSubmit={(event) => {
        event.preventDefault()
        if (state !== 'leaving') void leave()
      }}
    >
      <div className="sheet-live" aria-live="polite">
        {unsent > 0 && state !== 'kept' ? (
          <p className="note note-warn sheet-warning">
            <strong>{words.unsent(unsent)}</strong> {words.unsentHint}
          </p>
        ) : null}
      </div>
      {state === 'offline' || state === 'kept' ? (
        <p className="note note-error" role="alert">
          {state === 'offline' ? words.signOutFailed : words.wipeFailed}
        </p>
      ) : null}
      <div className="button-row">
        <button
          type="submit"
          className={unsent > 0 ? 'button button-large button-danger' : 'button button-large'}
          disabled={state === 'leaving'}
        >
          {unsent > 0 ? words.signOutAnyway : words.signOut}
        </button>
        <a className="button button-quiet button-large" href={pathOf({ to: 'account' })}>
          {words.stay}
        </a>
      </div>
    </form>
  )
}

function reportLook(error: unknown): void {
  report('this browser does not say what waits in it', error, 'debug')
}
