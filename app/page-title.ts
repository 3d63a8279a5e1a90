import { type AccountWords, accountWordsIn } from '#lib/ui/words/account-words.ts'
import { currentVisitor } from './visitor.ts'

/** Returns the title of a page in its reader's language: the name of the page, then the product. */
export async function titleOf(named: (words: AccountWords) => string): Promise<string> {
  const { language, words } = await currentVisitor()
  return `${named(accountWordsIn(language))} · ${words.product}`
}
