/**
 * Writes a failure in a page to the browser's console. *error*: a bug, or lost data; *warn*: something the user asked
 * for did not happen; *debug*: the page works without it. The server has its own log (lib/process/log.ts).
 */
export function report(what: string, error?: unknown, level: 'error' | 'warn' | 'debug' = 'warn'): void {
  console[level](`commonplace: ${what}`, error ?? '')
}
