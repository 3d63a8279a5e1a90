import { LIMITS } from '#lib/protocol/limits.ts'

/**
 * True when a type with so many types around it is one too many: at most `LIMITS.typeNesting` stand inside each other, the
 * outermost counted, roots not. The gate asks it of what one batch makes ([GATE7]), the check of the whole body ([CHECK1]).
 */
export function isTooDeep(around: number): boolean {
  return around >= LIMITS.typeNesting
}
