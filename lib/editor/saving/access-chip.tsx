'use client'

import { useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { EyeIcon } from '#lib/ui/icons.tsx'
import { useAnnounce, useWords } from '#lib/ui/interface.tsx'
import { Popover } from '#lib/ui/overlays.tsx'
import type { DocumentSession } from '../session/document-session.ts'

type Asking = 'not-yet' | 'sending' | 'asked' | 'failed'

/** Replaces the save chip for people who can only read: shows what they may do, and how to ask for more. */
export function AccessChip({ session }: { session: DocumentSession }) {
  const words = useWords()
  const { asking, ask } = useAsking(session)
  return (
    <Popover
      label={`${words.viewOnly} · ${asking === 'asked' ? words.access.asked : words.access.ask}`}
      buttonClass="chip chip-access"
      button={
        <>
          <EyeIcon size={16} />
          <span className="chip-words">
            {words.viewOnly} ·{' '}
            <span className="chip-do">{asking === 'asked' ? words.access.asked : words.access.ask}</span>
          </span>
        </>
      }
    >
      {() => (
        <div className="access">
          <p>{words.access.mayView}</p>
          {asking === 'asked' ? null : <p className="note">{words.access.askHint}</p>}
          <AskButton asking={asking} ask={ask} />
        </div>
      )}
    </Popover>
  )
}

/** The "Ask to edit" button and the outcome of the request. */
export function AskButton({ asking, ask }: ReturnType<typeof useAsking>) {
  const words = useWords()
  if (asking === 'asked') return <p className="note note-ok">{words.access.askedExplain}</p>
  return (
    <>
      <button type="button" className="button" disabled={asking === 'sending'} onClick={() => void ask()}>
        {words.access.ask}
      </button>
      {asking === 'failed' ? (
        <p className="note note-error" role="alert">
          {words.access.askFailed}
        </p>
      ) : null}
    </>
  )
}

/** Asks the owner for the right to edit, live. */
export function useAsking({ provider }: DocumentSession): { asking: Asking; ask: () => Promise<void> } {
  const words = useWords()
  const announce = useAnnounce()
  const [asking, setAsking] = useState<Asking>('not-yet')
  const ask = async () => {
    setAsking('sending')
    const refused = await provider.askToEdit('editor').catch((error: unknown) => String(error))
    if (refused !== null) report('the owner was not asked', refused)
    setAsking(refused === null ? 'asked' : 'failed')
    if (refused === null) announce(words.access.askedExplain)
  }
  return { asking, ask }
}
