'use client'

import { useEffect, useState } from 'react'
import type { Identity } from '#lib/protocol/identity.ts'
import { InterfaceProvider, useWords } from '#lib/ui/interface.tsx'
import { NotFound } from '#lib/ui/not-found.tsx'
import type { Theme } from '#lib/ui/preferences.ts'
import type { Language } from '#lib/ui/words/language.ts'
import type { Words } from '#lib/ui/words/page-words.ts'
import { useDocumentSession } from '../session/document-session.ts'
import { useDraft, useEverJoined, useStatus } from '../session/use-provider.ts'
import type { AccountOffer } from './account-offer.ts'
import { DocumentPage } from './document-page.tsx'
import { DocumentShell } from './document-shell.tsx'

export interface DocumentAppProps {
  readonly address: string
  readonly language: Language
  readonly theme: Theme
  /** The title that the server knew when it rendered the page. */
  readonly title: string
  /** The user that the server recognised; null on a first visit. */
  readonly user: Identity | null
  /** The way to an account that a guest is offered; null for a user who has one. */
  readonly offer: AccountOffer | null
}

/** The part of the document page that runs in the browser. */
export function DocumentApp(props: DocumentAppProps & { readonly words: Words }) {
  return (
    <InterfaceProvider language={props.language} words={props.words}>
      <OpenDocument {...props} />
    </InterfaceProvider>
  )
}

/** The fragment of the address of a document that this tab has just created. */
const JUST_MADE = '#new'

function OpenDocument({ address, user, title, theme, offer }: DocumentAppProps) {
  const words = useWords()
  const [created] = useState(() => location.hash === JUST_MADE)
  // After a reload, or in a copied address, the document is no longer new.
  useEffect(() => {
    if (location.hash === JUST_MADE) history.replaceState(null, '', location.pathname + location.search)
  }, [])
  const session = useDocumentSession(address, user, created)
  if (!session) return <DocumentShell title={title} words={words} />
  return (
    <JoinedOrNot
      key={session.doc.clientID}
      session={session}
      address={address}
      theme={theme}
      title={title}
      offer={offer}
      created={created}
    />
  )
}

type JoinedOrNotProps = Pick<DocumentAppProps, 'address' | 'theme' | 'title' | 'offer'> & {
  readonly session: NonNullable<ReturnType<typeof useDocumentSession>>
  readonly created: boolean
}

function JoinedOrNot({ session, address, theme, title, offer, created }: JoinedOrNotProps) {
  const words = useWords()
  const status = useStatus(session.provider)
  const everJoined = useEverJoined(session.provider)
  const draft = useDraft(session.provider)
  // If access was withdrawn while the page was open, the chip says so and the words stay on the screen.
  const unknown =
    status.phase === 'ended' && (status.problem === 'not-found' || status.problem === 'document-deleted')
  if (unknown && !everJoined && !session.successor && !draft) return <NotFound words={words} />
  return <DocumentPage {...{ session, address, theme, title, offer, created }} />
}
