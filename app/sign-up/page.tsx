import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { EnhancedForm } from '../enhanced-form.tsx'
import { type PageProps, queryOf } from '../page-props.ts'
import { titleOf } from '../page-title.ts'
import { reader } from '../reader.ts'
import { NewAccountFields, SiteFrame } from '../site-frame.tsx'

export async function generateMetadata(): Promise<Metadata> {
  return { title: await titleOf(({ signUp }) => signUp) }
}

/** Making an account. Who has one already gets to it. */
export default async function SignUpPage(props: PageProps) {
  const person = await reader()
  const words = accountWordsIn(person.language)
  const session = await services().session(await headers())
  if (session && session.standing !== 'guest') redirect(pathOf({ to: 'account' }))
  return (
    <SiteFrame person={person} session={session} width="form">
      <h1>{words.signUp}</h1>
      <p className="sheet-lead">
        {person.words.sentences([words.signUpLead, ...(session ? [words.signUpKeeps] : [])])}
      </p>
      <EnhancedForm
        className="sheet-form"
        action={pathOf({ to: 'api', path: 'account/sign-up' })}
        problems={words.problems}
        problem={await queryOf(props, 'problem')}
      >
        <NewAccountFields words={words} />
        <button type="submit" className="button button-large">
          {words.signUp}
        </button>
      </EnhancedForm>
      <p className="sheet-turn">
        {words.hasAccount} <a href={pathOf({ to: 'sign-in' })}>{words.signIn}</a>
      </p>
    </SiteFrame>
  )
}
