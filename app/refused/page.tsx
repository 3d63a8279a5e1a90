import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { ERROR_BANDS, type ErrorCode } from '#lib/protocol/errors.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { frontWordsIn, refusedSentence } from '#lib/ui/words/front-words.ts'
import { type PageProps, queryOf } from '../page-props.ts'
import { SiteFrame } from '../site-frame.tsx'
import { currentVisitor } from '../visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  const { language, words } = await currentVisitor()
  return { title: `${frontWordsIn(language).refused.title} · ${words.product}` }
}

/** Tells why a form sent without JavaScript was refused, and how to go on. */
export default async function RefusedPage(props: PageProps) {
  const visitor = await currentVisitor()
  const words = frontWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  const code = codeIn(await queryOf(props, 'code'))
  const isGuest = !session || session.standing === 'guest'
  const maySignIn = isGuest && (code === 'unauthenticated' || code === 'forbidden')
  return (
    <SiteFrame visitor={visitor} session={session} width="form">
      <h1>{words.refused.title}</h1>
      <p className="sheet-lead">{refusedSentence(code, words)}</p>
      <div className="button-row">
        {maySignIn ? (
          <a className="button button-large" href={pathOf({ to: 'sign-in' })}>
            {accountWordsIn(visitor.language).signIn}
          </a>
        ) : null}
        <a
          className={maySignIn ? 'button button-large button-quiet' : 'button button-large'}
          href={pathOf({ to: 'front' })}
        >
          {words.refused.back}
        </a>
      </div>
    </SiteFrame>
  )
}

/** Returns an error code from the address; an unknown value means a bug of ours. */
function codeIn(value: string | null): ErrorCode {
  return value !== null && Object.hasOwn(ERROR_BANDS, value) ? (value as ErrorCode) : 'internal'
}
