import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import type { AccountWords } from '#lib/ui/words/account-words.ts'
import { ReturnLink } from './return-link.tsx'
import { AccountForm, CurrentPasswordField, EmailField } from './site-frame.tsx'

interface SignInFormProps {
  readonly words: AccountWords
  readonly problem: string | null
  /** The document that the form is on, to stay there. */
  readonly address?: string
}

/** E-mail and password, or the link to the provider; and links for people without an account or a password. */
export function SignInForm({ words, problem, address }: SignInFormProps) {
  const { signUps } = services().accounts
  return (
    <>
      <AccountForm
        words={words}
        path="sign-in"
        problem={problem}
        stays={address !== undefined}
        button={words.signIn}
      >
        <EmailField words={words} />
        <CurrentPasswordField label={words.password} name="password" words={words} />
      </AccountForm>
      <ProviderLink words={words} address={address} />
      {signUps === 'open' ? (
        <p className="sheet-turn">
          {words.noAccount}{' '}
          <ReturnLink href={pathOf({ to: 'sign-up' })} address={address}>
            {words.signUp}
          </ReturnLink>
        </p>
      ) : null}
      <p className="sheet-hint">{words.forgot}</p>
    </>
  )
}

/** The link to the provider, if there is one. */
export function ProviderLink({ words, address }: { words: AccountWords; address?: string | undefined }) {
  const { providerName } = services().accounts
  if (providerName === null) return null
  return (
    <>
      <p className="sheet-or">{words.or}</p>
      <ReturnLink
        className="button button-quiet button-large sheet-provider"
        href={pathOf({ to: 'api', path: 'account/provider' })}
        address={address}
        leaves
      >
        {words.withProvider(providerName)}
      </ReturnLink>
    </>
  )
}
