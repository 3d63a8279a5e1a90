import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { services } from '#lib/server/services.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { type PageProps, queryOf } from '../../page-props.ts'
import { titleOf } from '../../page-title.ts'
import { AccountForm, FormPage, NewAccountFields } from '../../site-frame.tsx'
import { currentVisitor } from '../../visitor.ts'

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

/** The page of the link that a server without an administrator prints: its first visitor becomes the administrator. */
export default async function SetupPage(props: SetupPageProps) {
  const { token } = await props.params
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  const isOpen = services().accounts.mayBeFirstAdmin(token)
  const account = session && session.standing !== 'guest' ? session : null
  const you = account ? [words.setupYou(displayName(account.user, visitor.words))] : []
  return (
    <FormPage
      visitor={visitor}
      session={session}
      heading={isOpen ? words.setupTitle : words.resetEnded}
      {...(isOpen ? { lead: visitor.words.sentences([words.setupLead, ...you]) } : {})}
    >
      {isOpen ? (
        <AccountForm
          words={words}
          path="setup"
          problem={await queryOf(props, 'problem')}
          button={account ? words.setupMake : words.setupTitle}
        >
          <input type="hidden" name="token" value={token} />
          {account ? null : <NewAccountFields words={words} />}
        </AccountForm>
      ) : null}
    </FormPage>
  )
}
