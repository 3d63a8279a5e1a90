import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { admissionWordsIn } from '#lib/ui/words/admission-words.ts'
import { type PageProps, queryOf } from '../page-props.ts'
import { titleOf } from '../page-title.ts'
import { providerLink } from '../provider-link.tsx'
import { ReturnLink } from '../return-link.tsx'
import { OtherWay } from '../sign-in-form.tsx'
import { AccountForm, FormPage, NewAccountFields } from '../site-frame.tsx'
import { currentVisitor } from '../visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: await titleOf(({ signUp }) => signUp) }
}

/** The sign-up page, or why there are no sign-ups. Signed-in users are sent to their account. */
export default async function SignUpPage(props: PageProps) {
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  if (session && session.standing !== 'guest') redirect(pathOf({ to: 'account' }))
  const { signUps } = services().accounts
  if (signUps !== 'open') {
    const admission = admissionWordsIn(visitor.language)
    const isInvited = signUps === 'invited'
    return (
      <FormPage
        visitor={visitor}
        session={session}
        heading={isInvited ? admission.byInvitation : admission.closed}
        lead={isInvited ? admission.byInvitationHint : admission.closedHint}
      >
        <div className="sheet-ways">
          <ReturnLink className="button button-large" href={pathOf({ to: 'sign-in' })}>
            {words.signIn}
          </ReturnLink>
          <OtherWay words={words}>{providerLink(words)}</OtherWay>
        </div>
      </FormPage>
    )
  }
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
        {words.hasAccount} <ReturnLink href={pathOf({ to: 'sign-in' })}>{words.signIn}</ReturnLink>
      </p>
    </FormPage>
  )
}
