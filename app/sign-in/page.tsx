import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { type PageProps, queryOf } from '../page-props.ts'
import { titleOf } from '../page-title.ts'
import { providerLink } from '../provider-link.tsx'
import { ReturnLink } from '../return-link.tsx'
import { SignInForm } from '../sign-in-form.tsx'
import { FormPage } from '../site-frame.tsx'
import { currentVisitor } from '../visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: await titleOf(({ signIn }) => signIn) }
}

/** The sign-in page. Signed-in users are sent to their account. */
export default async function SignInPage(props: PageProps) {
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  if (session && session.standing !== 'guest') redirect(pathOf({ to: 'account' }))
  const wasReset = (await queryOf(props, 'reset')) !== null
  return (
    <FormPage
      visitor={visitor}
      session={session}
      heading={words.signIn}
      lead={visitor.words.sentences([words.signInLead, ...(session ? [words.signInBrings] : [])])}
    >
      {wasReset ? (
        <p className="note sheet-done" role="status">
          {words.resetDone}
        </p>
      ) : null}
      <SignInForm
        words={words}
        problem={await queryOf(props, 'problem')}
        provider={providerLink(words)}
        signUp={<ReturnLink href={pathOf({ to: 'sign-up' })}>{words.signUp}</ReturnLink>}
      />
    </FormPage>
  )
}
