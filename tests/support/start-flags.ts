import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The flags for Node in `npm start`, so that servers of tests and benchmarks run like those of users. */
export const START_FLAGS: readonly string[] = flagsOf(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).scripts.start,
)

function flagsOf(start: string): string[] {
  const [, flags] = /\bnode ((?:--\S+ )*)server\.ts$/.exec(start) ?? []
  if (flags === undefined) throw new Error('`npm start` no longer ends with `node … server.ts`')
  return flags.split(' ').filter((flag) => flag !== '')
}
