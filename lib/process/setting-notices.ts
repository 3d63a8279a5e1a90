import { SETTING_NAMES } from './settings.ts'

/** Settings that are read elsewhere: by the build, and by Node. */
const NAMES: readonly string[] = [...SETTING_NAMES, 'BASE_PATH']
/** Shorter names have too many neighbours; one slip of the pen is understood in others, and two in long ones. */
const SHORT = 5
const LONG = 10

/**
 * Returns sentences about settings that do not do what they seem to: a name that is almost one of ours, and a value
 * that means another one. Names that are not near to ours belong to other programs and are never mentioned, nor are
 * values.
 */
export function settingNotices(env: Readonly<Record<string, string | undefined>>): string[] {
  const given = Object.keys(env).filter((name) => env[name] !== undefined && env[name] !== '')
  const misspelt = given
    .filter((name) => !NAMES.includes(name))
    .flatMap((name) => {
      const meant = NAMES.find((known) => !given.includes(known) && isNear(name, known))
      return meant ? [`${name} is not a setting and changes nothing. Did you mean ${meant}?`] : []
    })
  const noComments =
    env.GUESTS === 'comment'
      ? ['GUESTS=comment is the same as GUESTS=view: nothing can be commented on so far.']
      : []
  return [...misspelt, ...noComments]
}

function isNear(name: string, known: string): boolean {
  const bare = (text: string) => text.toUpperCase().replace(/[^A-Z0-9]/g, '')
  if (bare(name) === bare(known)) return true
  // Environments are large, and names may be very long.
  if (Math.abs(name.length - known.length) > 3) return false
  const most = known.length < SHORT ? 0 : known.length < LONG ? 1 : 2
  const one = (text: string) => text.toUpperCase().replace(/IES$/, 'Y')
  return [slips(name.toUpperCase(), known), slips(one(name), one(known))].some((count) => count <= most)
}

/**
 * Returns how many letters were left out, added, changed or swapped with their neighbour (Damerau and Levenshtein's
 * distance).
 */
function slips(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + Number(!same),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? 0
}
