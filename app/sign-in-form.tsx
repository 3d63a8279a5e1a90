import type { ReactNode } from 'react'
import { services } from '#lib/server/services.ts'
import type { AccountWords } from '#lib/ui/words/account-words.ts'
import { AccountForm, CurrentPasswordField, EmailField } from './site-frame.tsx'

/** The looks of the link to the provider. */
export const PROVIDER_LINK = 'button button-quiet button-large sheet-provider'

interface SignInFormProps {
  readonly words: AccountWords
  readonly problem: string | null
  /** True to come back to the page that the form is on. */
  readonly stays?: boolean
  /** The link to the provider, null if there is none. */
  readonly provider: ReactNode
  /** The link to the sign-up page. */
  readonly signUp: ReactNode
}

/** E-mail and password, or the link to the provider; and links for people without an account or a password. */
export function SignInForm({ words, problem, stays = false, provider, signUp }: SignInFormProps) {
  return (
    <>
      <AccountForm words={words} path="sign-in" problem={problem} stays={stays} button={words.signIn}>
        <EmailField words={words} />
        <CurrentPasswordField label={words.password} name="password" words={words} />
      </AccountForm>
      <OtherWay words={words}>{provider}</OtherWay>
      {services().accounts.signUps === 'open' ? (
        <p className="sheet-turn">
          {words.noAccount} {signUp}
        </p>
      ) : null}
      <p className="sheet-hint">{words.forgot}</p>
    </>
  )
}

/** Another way to sign in, below the first one. */
export function OtherWay({ words, children }: { words: AccountWords; children: ReactNode }) {
  if (children === null) return null
  return (
    <>
      <p className="sheet-or">{words.or}</p>
      {children}
    </>
  )
}
