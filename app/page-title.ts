import { type AccountWords, accountWordsIn } from '#lib/ui/words/account-words.ts'
import type { Words } from '#lib/ui/words/page-words.ts'
import { currentVisitor } from './visitor.ts'

/** Returns the title of a page in its reader's language: the name of the page, then the product. */
export async function titleOf(named: (words: AccountWords) => string): Promise<string> {
  const { language, words } = await currentVisitor()
  return titleWith(named(accountWordsIn(language)), words)
}

/** Returns a title made of a heading, without its full stop, and the product. */
export function titleWith(heading: string, { product }: Pick<Words, 'product'>): string {
  return `${heading.replace(/[.。]$/, '')} · ${product}`
}
