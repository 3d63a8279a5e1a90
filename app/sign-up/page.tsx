import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { type PageProps, queryOf } from '../page-props.ts'
import { titleOf } from '../page-title.ts'
import { AccountForm, FormPage, NewAccountFields } from '../site-frame.tsx'
import { currentVisitor } from '../visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: await titleOf(({ signUp }) => signUp) }
}

/** The sign-up page. Signed-in users are sent to their account. */
export default async function SignUpPage(props: PageProps) {
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  if (session && session.standing !== 'guest') redirect(pathOf({ to: 'account' }))
  return (
    <FormPage
      visitor={visitor}
      session={session}
      heading={words.signUp}
      lead={visitor.words.sentences([words.signUpLead, ...(session ? [words.signUpKeeps] : [])])}
    >
      <AccountForm
        words={words}
        path="sign-up"
        problem={await queryOf(props, 'problem')}
        button={words.signUp}
      >
        <NewAccountFields words={words} />
      </AccountForm>
      <p className="sheet-turn">
        {words.hasAccount} <a href={pathOf({ to: 'sign-in' })}>{words.signIn}</a>
      </p>
    </FormPage>
  )
}
