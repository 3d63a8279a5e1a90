import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { admissionWordsIn } from '#lib/ui/words/admission-words.ts'
import { type PageProps, queryOf } from '../../page-props.ts'
import { titleOf } from '../../page-title.ts'
import { AccountForm, FormPage, InvitedFields } from '../../site-frame.tsx'
import { currentVisitor } from '../../visitor.ts'

interface InvitationPageProps extends PageProps {
  readonly params: Promise<{ readonly token: string }>
}

export async function generateMetadata(): Promise<Metadata> {
  return {
    title: await titleOf(({ signUp }) => signUp),
    referrer: 'no-referrer',
    robots: { index: false },
  }
}

/** The page of an administrator's invitation: a new account for the e-mail that was invited. */
export default async function InvitationPage(props: InvitationPageProps) {
  const { token } = await props.params
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  if (session && session.standing !== 'guest') redirect(pathOf({ to: 'account' }))
  const email = await services().accounts.invitedEmail(token)
  if (email === null) {
    return (
      <FormPage visitor={visitor} session={session} heading={words.resetEnded} lead={words.resetEndedHint} />
    )
  }
  const lead = [admissionWordsIn(visitor.language).invited(email), ...(session ? [words.signUpKeeps] : [])]
  return (
    <FormPage visitor={visitor} session={session} heading={words.signUp} lead={visitor.words.sentences(lead)}>
      <AccountForm
        words={words}
        path="sign-up"
        problem={await queryOf(props, 'problem')}
        button={words.signUp}
      >
        <input type="hidden" name="invitation" value={token} />
        <input type="hidden" name="email" value={email} autoComplete="username" />
        <InvitedFields words={words} />
      </AccountForm>
    </FormPage>
  )
}
