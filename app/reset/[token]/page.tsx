import type { Metadata } from 'next'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { EnhancedForm } from '../../enhanced-form.tsx'
import { type PageProps, queryOf } from '../../page-props.ts'
import { titleOf } from '../../page-title.ts'
import { reader } from '../../reader.ts'
import { NewPasswordField, SiteFrame } from '../../site-frame.tsx'

interface ResetPageProps extends PageProps {
  readonly params: Promise<{ readonly token: string }>
}

export async function generateMetadata(): Promise<Metadata> {
  return {
    title: await titleOf(({ resetTitle }) => resetTitle),
    referrer: 'no-referrer',
    robots: { index: false },
  }
}

/** Where a reset link leads: a new password, once. */
export default async function ResetPage(props: ResetPageProps) {
  const { token } = await props.params
  const person = await reader()
  const words = accountWordsIn(person.language)
  const email = await services().accounts.resetTarget(token)
  return (
    <SiteFrame person={person} session={null} width="form">
      <h1>{email === null ? words.resetEnded : words.resetTitle}</h1>
      <p className="sheet-lead">{email === null ? words.resetEndedHint : words.resetFor(email)}</p>
      {email === null ? null : (
        <EnhancedForm
          className="sheet-form"
          action={pathOf({ to: 'api', path: 'account/reset' })}
          problems={words.problems}
          problem={await queryOf(props, 'problem')}
        >
          <input type="hidden" name="token" value={token} />
          <input type="hidden" name="email" value={email} autoComplete="username" />
          <NewPasswordField label={words.newPassword} words={words} />
          <button type="submit" className="button button-large">
            {words.resetTitle}
          </button>
        </EnhancedForm>
      )}
    </SiteFrame>
  )
}
