import * as LIMITS from '#lib/protocol/limits.ts'

/**
 * Returns true if a type with so many types around it exceeds the limit: at most `LIMITS.typeNesting` are nested in
 * each other, counting the outermost but not roots. The gate applies this to the content of one batch ([GATE7]), the
 * check to the whole body ([CHECK1]).
 */
export function isTooDeep(around: number): boolean {
  return around >= LIMITS.typeNesting
}
