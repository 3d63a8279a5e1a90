import type { SharingOverview } from '#lib/protocol/sharing.ts'
import type { AccessWords } from '#lib/ui/words/access-words.ts'

/** The data that the parts of the dialog need, and how they make a change. */
export interface Sharing {
  readonly overview: SharingOverview
  readonly address: string
  readonly words: AccessWords
  /** Runs a change, reloads the panel, announces `sentence`. Returns false if it failed; the panel shows why. */
  readonly change: (run: () => Promise<unknown>, sentence: string) => Promise<boolean>
}
