import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const { start } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).scripts
const [, variables, flags] = /\benv ((?:\w+=\S+ )*)node ((?:--\S+ )*)server\.ts$/.exec(start) ?? []
if (variables === undefined || flags === undefined)
  throw new Error('`npm start` no longer ends with `env … node … server.ts`')

/** The flags for Node in `npm start`, so that servers of tests and benchmarks run like those of users. */
export const START_FLAGS: readonly string[] = partsOf(flags)

/** The environment variables that `npm start` sets. */
export const START_ENV: Readonly<Record<string, string>> = Object.fromEntries(
  partsOf(variables).map((variable) => variable.split('=')),
)

function partsOf(text: string): string[] {
  return text.split(' ').filter((part) => part !== '')
}
