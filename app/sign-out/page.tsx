import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { accountWordsIn } from '#lib/ui/words/account-words.ts'
import { titleOf } from '../page-title.ts'
import { SignOutForm } from '../sign-out-form.tsx'
import { SiteFrame } from '../site-frame.tsx'
import { currentVisitor } from '../visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: await titleOf(({ signOut }) => signOut) }
}

/** Asks for confirmation before signing out: it erases the user's data in this browser. */
export default async function SignOutPage() {
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  if (!session || session.standing === 'guest') redirect(pathOf({ to: 'front' }))
  return (
    <SiteFrame visitor={visitor} session={session} width="form">
      <h1>{words.signOutTitle}</h1>
      <p className="sheet-lead">
        {words.signedInAs(displayName(session.user, visitor.words))}
        {visitor.language === 'en' ? '. ' : '。'}
        {words.signOutExplain}
      </p>
      <SignOutForm
        userIds={[session.user.userId, ...(await services().sessions.aliases(session))]}
        language={visitor.language}
      />
    </SiteFrame>
  )
}
