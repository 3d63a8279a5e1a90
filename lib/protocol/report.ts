/**
 * Writes what went wrong in a page to the browser's console. *error*: a bug, or something lost; *warn*: something the
 * user asked for did not happen; *debug*: the page does without it. The server has its own log (lib/process/log.ts).
 */
export function report(what: string, error?: unknown, level: 'error' | 'warn' | 'debug' = 'warn'): void {
  console[level](`commonplace: ${what}`, error ?? '')
}
