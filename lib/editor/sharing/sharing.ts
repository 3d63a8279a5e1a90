import type { SharingOverview } from '#lib/protocol/sharing.ts'
import type { AccessWords } from '#lib/ui/words/access-words.ts'

/** What the parts of the dialog need to know, and how they make a change. */
export interface Sharing {
  readonly overview: SharingOverview
  readonly address: string
  readonly words: AccessWords
  /** Runs a change, shows what is so then, and says `sentence`. False: it failed, which was said. */
  readonly change: (run: () => Promise<unknown>, sentence: string) => Promise<boolean>
}
