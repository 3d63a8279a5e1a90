import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { EnhancedForm } from '../../enhanced-form.tsx'
import { type PageProps, queryOf } from '../../page-props.ts'
import { titleOf } from '../../page-title.ts'
import { reader } from '../../reader.ts'
import { NewAccountFields, SiteFrame } from '../../site-frame.tsx'

interface SetupPageProps extends PageProps {
  readonly params: Promise<{ readonly token: string }>
}

export async function generateMetadata(): Promise<Metadata> {
  return {
    title: await titleOf(({ setupTitle }) => setupTitle),
    referrer: 'no-referrer',
    robots: { index: false },
  }
}

/** Where the link leads that a server without an administrator prints: whoever comes first becomes it. */
export default async function SetupPage(props: SetupPageProps) {
  const { token } = await props.params
  const person = await reader()
  const words = accountWordsIn(person.language)
  const session = await services().session(await headers())
  const isOpen = services().accounts.mayBeFirstAdmin(token)
  const account = session && session.standing !== 'guest' ? session : null
  return (
    <SiteFrame person={person} session={session} width="form">
      <h1>{isOpen ? words.setupTitle : words.resetEnded}</h1>
      {isOpen ? (
        <>
          <p className="sheet-lead">
            {person.words.sentences([
              words.setupLead,
              ...(account ? [words.setupYou(displayName(account.user, person.words))] : []),
            ])}
          </p>
          <EnhancedForm
            className="sheet-form"
            action={pathOf({ to: 'api', path: 'account/setup' })}
            problems={words.problems}
            problem={await queryOf(props, 'problem')}
          >
            <input type="hidden" name="token" value={token} />
            {account ? null : <NewAccountFields words={words} />}
            <button type="submit" className="button button-large">
              {account ? words.setupMake : words.setupTitle}
            </button>
          </EnhancedForm>
        </>
      ) : null}
    </SiteFrame>
  )
}
