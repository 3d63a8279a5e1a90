import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import type { AccountWords } from '#lib/ui/words/account-words.ts'
import { EnhancedForm } from './enhanced-form.tsx'
import { EmailField, Field } from './site-frame.tsx'

interface SignInFormProps {
  readonly words: AccountWords
  readonly problem: string | null
  /** Comes back to the page it stands on. */
  readonly stays?: boolean
}

/** E-mail and password, or the way to the provider; and what to do without an account or a password. */
export function SignInForm({ words, problem, stays = false }: SignInFormProps) {
  const { providerName } = services().accounts
  return (
    <>
      <EnhancedForm
        className="sheet-form"
        action={pathOf({ to: 'api', path: 'account/sign-in' })}
        problems={words.problems}
        problem={problem}
        stays={stays}
      >
        <EmailField words={words} />
        <Field
          label={words.password}
          name="password"
          type="password"
          autoComplete="current-password"
          maxLength={128}
        />
        <button type="submit" className="button button-large">
          {words.signIn}
        </button>
      </EnhancedForm>
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
