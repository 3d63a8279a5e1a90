import { headers } from 'next/headers'
import type { Session } from '#lib/people/session.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { admissionWordsIn } from '#lib/ui/words/admission-words.ts'
import { foreignWordsIn } from '#lib/ui/words/foreign-words.ts'
import type { Visitor } from './visitor.ts'

/** Tells visitors of the front page what they need to know before anything else. */
export async function Notices({ visitor, session }: { visitor: Visitor; session: Session | null }) {
  const lostEmail = session && (await services().accounts.lostEmail(session))
  const words = admissionWordsIn(visitor.language)
  return (
    <>
      <ForeignHost visitor={visitor} />
      {lostEmail === null ? null : (
        <p className="note note-warn front-notice">
          {words.lostShort(lostEmail)} <a href={pathOf({ to: 'account' })}>{words.choose}</a>
        </p>
      )}
    </>
  )
}

/**
 * Tells the person who sets the server up that it does not know the address it is opened at. Not shown any more once
 * there is an administrator: visitors can do nothing about it.
 */
export async function ForeignHost({ visitor }: { visitor: Visitor }) {
  if (!services().accounts.needsAdmin) return null
  const foreign = services().requests.foreignHost(await headers())
  if (!foreign?.from) return null
  return (
    <div className="note note-warn front-notice" role="status">
      <p>{foreignWordsIn(visitor.language).banner(foreign.from, foreign.own)}</p>
      <code>PUBLIC_URL={foreign.from}</code>
    </div>
  )
}
