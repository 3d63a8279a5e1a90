import type { AccessToken } from '#lib/people/contract.ts'
import type { AccountWords } from '#lib/ui/words/account-words.ts'
import type { Language } from '#lib/ui/words/language.ts'
import { dateIn } from './dates.ts'

/** Returns scope, end and last use of an access token, in words. */
export function aboutToken(
  { scope, expiresAt, usedAt }: AccessToken,
  language: Language,
  words: AccountWords,
): string {
  const ends = expiresAt > Date.now() ? words.endsOn(dateIn(language, expiresAt)) : words.ended
  const used = usedAt === null ? words.neverUsed : words.usedOn(dateIn(language, usedAt))
  return [words.scopes[scope], ends, used].join(' · ')
}
