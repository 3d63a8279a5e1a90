import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { services } from '#lib/server/services.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { type PageProps, queryOf } from '../../page-props.ts'
import { titleOf } from '../../page-title.ts'
import { reader } from '../../reader.ts'
import { AccountForm, FormPage, NewAccountFields } from '../../site-frame.tsx'

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
  const person = await reader()
  const words = accountWordsIn(person.language)
  const session = await services().sessions.of(await headers())
  const isOpen = services().accounts.mayBeFirstAdmin(token)
  const account = session && session.standing !== 'guest' ? session : null
  const you = account ? [words.setupYou(displayName(account.user, person.words))] : []
  return (
    <FormPage
      person={person}
      session={session}
      heading={isOpen ? words.setupTitle : words.resetEnded}
      {...(isOpen ? { lead: person.words.sentences([words.setupLead, ...you]) } : {})}
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
