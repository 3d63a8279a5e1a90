import { spawn } from 'node:child_process'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Finding, Scenario, ScenarioRun } from './scenario.ts'

/** The part of Playwright's JSON report that is read here. */
const reportSchema = v.object({
  stats: v.object({ expected: v.number(), unexpected: v.number(), flaky: v.number(), skipped: v.number() }),
  errors: v.array(v.object({ message: v.optional(v.string(), 'unknown error') })),
})

/**
 * All browser tests of writing together in Firefox; the short part is the project *firefox-short* of `npm test`. Needs the
 * browser and the build that `npm test` prepares.
 */
export const firefox = projectOf('firefox', 'firefox')

/** The long excerpt of a recorded session, typed in Chromium; `npm test` types a short one. */
export const typedReplay = projectOf('typed-replay', 'chromium-long')

/** Returns the scenario that runs a project of playwright.config.ts. */
function projectOf(name: string, project: string): Scenario {
  return {
    name,
    counts: 'runs of each test',
    full: 1,
    short: 1,
    async run({ count, seed }: ScenarioRun): Promise<Finding> {
      const args = ['test', `--project=${project}`, '--reporter=json', `--repeat-each=${count}`]
      const { stats, errors } = v.parse(reportSchema, JSON.parse(await outputOf('playwright', args)))
      const failures = [
        ...errors.map(({ message }) => message),
        ...(stats.unexpected + stats.flaky > 0 ? [`${stats.unexpected + stats.flaky} tests failed`] : []),
        ...(stats.expected === 0 ? ['no test ran'] : []),
      ]
      const figures = { passed: stats.expected, failed: stats.unexpected, skipped: stats.skipped }
      return { scenario: name, seed, ok: failures.length === 0, figures, failures }
    },
  }
}

function outputOf(tool: string, args: readonly string[]): Promise<string> {
  const root = join(import.meta.dirname, '../..')
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules/.bin', tool), args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}
