import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import type { AccountWords } from '#lib/ui/words/account-words.ts'
import { ReturnLink } from './return-link.tsx'
import { PROVIDER_LINK } from './sign-in-form.tsx'

/** Returns the link to the provider for the pages of accounts, null if there is none. */
export function providerLink(words: AccountWords) {
  const { providerName } = services().accounts
  return providerName === null ? null : (
    <ReturnLink className={PROVIDER_LINK} href={pathOf({ to: 'api', path: 'account/provider' })} leaves>
      {words.withProvider(providerName)}
    </ReturnLink>
  )
}
