import type { Metadata } from 'next'
import { services } from '#lib/server/services.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { admissionWordsIn } from '#lib/ui/words/admission-words.ts'
import { type PageProps, queryOf } from '../../page-props.ts'
import { titleOf } from '../../page-title.ts'
import { AccountForm, EmailField, FormPage, NewPasswordField } from '../../site-frame.tsx'
import { currentVisitor } from '../../visitor.ts'

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

/** The page of a password reset link, which works once. */
export default async function ResetPage(props: ResetPageProps) {
  const { token } = await props.params
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const target = await services().accounts.resetTarget(token)
  const { resetLost } = admissionWordsIn(visitor.language)
  return (
    <FormPage
      visitor={visitor}
      session={null}
      heading={target ? words.resetTitle : words.resetEnded}
      lead={
        target ? (target.email === null ? resetLost : words.resetFor(target.email)) : words.resetEndedHint
      }
    >
      {target ? (
        <AccountForm
          words={words}
          path="reset"
          problem={await queryOf(props, 'problem')}
          button={words.resetTitle}
        >
          <input type="hidden" name="token" value={token} />
          {target.email === null ? (
            <EmailField words={words} />
          ) : (
            <input type="hidden" name="email" value={target.email} autoComplete="username" />
          )}
          <NewPasswordField label={words.newPassword} words={words} />
        </AccountForm>
      ) : null}
    </FormPage>
  )
}
