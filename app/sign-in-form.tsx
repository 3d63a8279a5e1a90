import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import type { AccountWords } from '#lib/ui/words/account-words.ts'
import { AccountForm, EmailField, Field } from './site-frame.tsx'

interface SignInFormProps {
  readonly words: AccountWords
  readonly problem: string | null
  /** True to come back to the page that the form is on. */
  readonly stays?: boolean
}

/** E-mail and password, or the link to the provider; and links for people without an account or a password. */
export function SignInForm({ words, problem, stays = false }: SignInFormProps) {
  const { providerName } = services().accounts
  return (
    <>
      <AccountForm words={words} path="sign-in" problem={problem} stays={stays} button={words.signIn}>
        <EmailField words={words} />
        <Field
          label={words.password}
          name="password"
          type="password"
          autoComplete="current-password"
          maxLength={128}
        />
      </AccountForm>
      {providerName === null ? null : (
        <>
          <p className="sheet-or">{words.or}</p>
          <a
            className="button button-quiet button-large sheet-provider"
            href={pathOf({ to: 'api', path: 'account/provider' })}
          >
            {words.withProvider(providerName)}
          </a>
        </>
      )}
      <p className="sheet-turn">
        {words.noAccount} <a href={pathOf({ to: 'sign-up' })}>{words.signUp}</a>
      </p>
      <p className="sheet-hint">{words.forgot}</p>
    </>
  )
}
