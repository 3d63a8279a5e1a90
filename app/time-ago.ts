import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import type { Language } from '#lib/ui/words/language.ts'

const STEPS = [
  { unit: 'year', ms: 365 * 86_400_000 },
  { unit: 'month', ms: 30 * 86_400_000 },
  { unit: 'week', ms: 7 * 86_400_000 },
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
] as const

/** Returns how long ago something happened, in words: the same in every time zone. Times: ms since the epoch. */
export function timeAgo(at: number, now: number, language: Language): string {
  const past = Math.max(0, now - at)
  const step = STEPS.find(({ ms }) => past >= ms)
  if (!step) return frontWordsIn(language).justNow
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(
    -Math.floor(past / step.ms),
    step.unit,
  )
}
