import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { byLanguage } from '#lib/ui/words/language.ts'

/* Replaces a Y.Doc that shows content nobody else has with a new one ([CMP4]). Loaded when that happens. */

/** The sentence for the person. */
export const sentence = byLanguage({
  en: 'Your copy differed from the server’s. It has been loaded anew.',
  'zh-TW': '你的副本與伺服器上的不同，已重新載入。',
})

/**
 * The old copy may be almost right: it stays on the page until there is a better one, however long that takes, ms.
 */
export const PATIENCE = 2 ** 31 - 1
/**
 * The minimum time between two replacements in a page, ms: if one does not help, do not repeat it again and again.
 */
const EVERY = 60 * 60_000
/** The interval of checks for the end of a composition, ms, and their greatest number. */
const REST_EVERY = 100
const REST_LOOKS = 300

let givenUpAt = Number.NEGATIVE_INFINITY

/**
 * Makes this browser forget the history it holds. Returns false if the history must be kept because the page gave one
 * up recently.
 */
export async function giveUp(provider: CollabProvider): Promise<boolean> {
  if (performance.now() - givenUpAt < EVERY) return false
  givenUpAt = performance.now()
  await provider.forgetHistory()
  return true
}

/** Resolves when the person no longer composes in it, or has composed for too long. */
export async function rest(provider: CollabProvider): Promise<void> {
  for (let looks = 0; provider.holding && looks < REST_LOOKS; looks++)
    await new Promise((done) => setTimeout(done, REST_EVERY))
}
