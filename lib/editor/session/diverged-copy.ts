import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { byLanguage } from '#lib/ui/words/language.ts'

/* A Y.Doc that shows what nobody else has gives way to a new one ([CMP4]). Loaded when that happens. */

/** What the person is told. */
export const sentence = byLanguage({
  en: 'Your copy differed from the server’s. It has been loaded anew.',
  'zh-TW': '你的副本與伺服器上的不同，已重新載入。',
})

/** All but one letter of it may be right: it stays on the page until there is better, however long, ms. */
export const PATIENCE = 2 ** 31 - 1
/** A page does so at most this often, ms: what does not help is not to be met again and again. */
const EVERY = 60 * 60_000
/** A composition is waited for, looked at so often, ms, and at most so many times. */
const REST_EVERY = 100
const REST_LOOKS = 300

let givenUpAt = Number.NEGATIVE_INFINITY

/** Lets this browser forget the history it holds. False: it is to be kept, for a page has given one up not long ago. */
export async function giveUp(provider: CollabProvider): Promise<boolean> {
  if (performance.now() - givenUpAt < EVERY) return false
  givenUpAt = performance.now()
  await provider.forgetHistory()
  return true
}

/** Resolves when nobody composes in it, or has for long. */
export async function rest(provider: CollabProvider): Promise<void> {
  for (let looks = 0; provider.holding && looks < REST_LOOKS; looks++)
    await new Promise((done) => setTimeout(done, REST_EVERY))
}
