import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { surveyBoundaries } from './boundaries.ts'
import { problemsOf, surveyHouse } from './house.ts'
import { surveyNames } from './named-things.ts'

/*
 * `npm run check`: types, lint and format, boundaries, unused code, the counted house, names, all side by side, even
 * if one fails. Exits with code 1 if one of them finds something.
 */

interface Finding {
  readonly ok: boolean
  readonly output: string
}

const root = join(import.meta.dirname, '..')
/** Read once: the boundaries and the house are about the same imports. */
const survey = surveyBoundaries(root)

const checks: Record<string, () => Promise<Finding>> = {
  types: () => run('tsc', '--noEmit'),
  'lint and format': () => run('biome', 'check', '--max-diagnostics=30', '.'),
  boundaries,
  house,
  'unused code': () => run('knip', '--no-progress', '--treat-config-hints-as-errors'),
  names,
}

async function boundaries(): Promise<Finding> {
  const { looked, imports, breaches, overlooked } = await survey
  const blind = looked.length === 0 || imports === 0
  const lines = [
    `read ${looked.length} files with ${imports} imports`,
    ...breaches.map(({ rule, from, to }) => `${rule}: ${from} → ${to}`),
    ...overlooked.map((file) => `not read: ${file}`),
  ]
  return { ok: !blind && breaches.length === 0 && overlooked.length === 0, output: lines.join('\n') }
}

async function house(): Promise<Finding> {
  const { arrows, breaches } = await survey
  const problems = problemsOf(surveyHouse(root, arrows, breaches))
  return { ok: problems.length === 0, output: problems.join('\n') }
}

async function names(): Promise<Finding> {
  const { texts, problems } = surveyNames(root)
  return { ok: texts > 0 && problems.length === 0, output: problems.join('\n') || 'read nothing' }
}

function run(tool: string, ...args: string[]): Promise<Finding> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules/.bin', tool), args, { cwd: root })
    let output = ''
    const keep = (bytes: Buffer) => {
      output += bytes
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', reject)
    child.on('close', (code) => resolve({ ok: code === 0, output: output.trim() }))
  })
}

const results = await Promise.all(
  Object.entries(checks).map(async ([name, check]) => {
    const begun = performance.now()
    const finding = await check()
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    console.log(
      `${finding.ok ? '✓' : '✗'} ${name} (${seconds} s)${finding.ok ? '' : `\n${finding.output}\n`}`,
    )
    return finding.ok
  }),
)
process.exitCode = results.every(Boolean) ? 0 : 1
