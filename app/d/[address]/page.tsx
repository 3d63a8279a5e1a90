import '../../css/document.css'

import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { LockedPage } from '../../locked-page.tsx'
import { SignInForm } from '../../sign-in-form.tsx'
import { SiteFrame } from '../../site-frame.tsx'
import { currentVisitor } from '../../visitor.ts'
import { DocumentClient } from './document-client.tsx'

interface DocumentPageProps {
  readonly params: Promise<{ readonly address: string }>
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** An address is a key: search engines must not index it. */
export const metadata: Metadata = { robots: { index: false, follow: false } }

/** The page of a document, or the password page of its link. Unknown, deleted and not shared look the same. */
export default async function DocumentPage({ params, searchParams }: DocumentPageProps) {
  const { address } = await params
  const visitor = await currentVisitor()
  const { language, theme } = visitor
  const session = await services().sessions.of(await headers())
  if (!session && services().sessions.guests === 'off') {
    const words = accountWordsIn(language)
    return (
      <SiteFrame visitor={visitor} session={null} width="form">
        <h1>{words.mustSignIn}</h1>
        <SignInForm words={words} problem={null} stays />
      </SiteFrame>
    )
  }
  const right = await services().documents.rightOf(session, address)
  if (!right) notFound()
  if (right.role === 'locked') {
    const { password } = await searchParams
    return (
      <LockedPage
        words={visitor.words}
        say={frontWordsIn(language).locked}
        address={address}
        wrong={password === 'wrong'}
      />
    )
  }
  const { home, opening, needsJavaScript, chip } = visitor.words
  return (
    <DocumentClient
      shell={{ home, opening, needsJavaScript, chip: { opening: chip.opening } }}
      address={address}
      language={language}
      theme={theme}
      title={right.facts.title}
      user={session?.user ?? null}
    />
  )
}
