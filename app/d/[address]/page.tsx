import '../../css/document.css'

import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import type { AccountOffer } from '#lib/editor/page/account-offer.ts'
import type { Session } from '#lib/people/session.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { LeavingLink } from '../../leaving-link.tsx'
import { LockedPage } from '../../locked-page.tsx'
import { titleWith } from '../../page-title.ts'
import { PROVIDER_LINK, SignInForm } from '../../sign-in-form.tsx'
import { SiteFrame } from '../../site-frame.tsx'
import { currentVisitor } from '../../visitor.ts'
import { DocumentClient } from './document-client.tsx'

interface DocumentPageProps {
  readonly params: Promise<{ readonly address: string }>
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** Returns the right of this request's user, judged once for the page and its title. */
const rightAt = cache(async (address: string) =>
  services().documents.rightOf(await services().sessions.of(await headers()), address),
)

/** The title of a page that is not the document itself; that one's follows its text. */
export async function generateMetadata({ params }: DocumentPageProps): Promise<Metadata> {
  const { address } = await params
  const { language, words } = await currentVisitor()
  const session = await services().sessions.of(await headers())
  // An address is a key: search engines must not index it.
  const robots = { index: false, follow: false }
  const titled = (heading: string): Metadata => ({ robots, title: titleWith(heading, words) })
  if (!session && services().sessions.guests === 'off') return titled(accountWordsIn(language).mustSignIn)
  const right = await rightAt(address)
  // The server's answer has the title of not-found.tsx; this one is set when the page is hydrated.
  if (!right) return titled(words.notFound)
  return right.role === 'locked' ? titled(frontWordsIn(language).locked.title) : { robots }
}

/** Returns the way to an account that a guest is offered; null for users who have one. */
function offerFor(session: Session | null): AccountOffer | null {
  if (session && session.standing !== 'guest') return null
  const { signUps, providerName } = services().accounts
  if (signUps === 'open') return 'sign-up'
  return providerName === null ? 'sign-in' : 'provider'
}

/** The page of a document, or the password page of its link. Unknown, deleted and not shared look the same. */
export default async function DocumentPage({ params, searchParams }: DocumentPageProps) {
  const { address } = await params
  const visitor = await currentVisitor()
  const { language, theme } = visitor
  const account = accountWordsIn(language)
  const session = await services().sessions.of(await headers())
  if (!session && services().sessions.guests === 'off') {
    const { providerName } = services().accounts
    return (
      <SiteFrame visitor={visitor} session={null} width="form">
        <h1>{account.mustSignIn}</h1>
        <SignInForm
          words={account}
          problem={null}
          stays
          provider={
            providerName === null ? null : (
              <LeavingLink
                className={PROVIDER_LINK}
                href={pathOf({ to: 'api', path: 'account/provider' })}
                address={address}
              >
                {account.withProvider(providerName)}
              </LeavingLink>
            )
          }
          signUp={<a href={`${pathOf({ to: 'sign-up' })}#${address}`}>{account.signUp}</a>}
        />
      </SiteFrame>
    )
  }
  const right = await rightAt(address)
  if (!right) notFound()
  if (right.role === 'locked') {
    const { password } = await searchParams
    return (
      <LockedPage
        words={visitor.words}
        say={frontWordsIn(language).locked}
        labels={{ show: account.showPassword, hide: account.hidePassword }}
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
      offer={offerFor(session)}
    />
  )
}
