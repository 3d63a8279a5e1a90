import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { devices, firefox, type PlaywrightTestConfig } from '@playwright/test'

type Project = NonNullable<PlaywrightTestConfig['projects']>[number]

const WRITING_TOGETHER = [
  'e2e/{write-together,presence,offline,share-dialog,revocation,trash,replay,links,diverged-copy}.spec.ts',
  'editor-lab/lab.spec.ts',
]
const ONLY_IN_STOCK = ['e2e/{composition,undo}.spec.ts', 'editor-lab/layout.spec.ts']
/** The part that `npm test` runs; `npm run faults` runs all (docs/decisions/0047-one-browser-per-test.md). */
const SHORT = ['e2e/write-together.spec.ts']
const SHORT_IN_STOCK = ['e2e/composition.spec.ts']

/**
 * Returns the Firefox projects: the specs, and how the Firefox that scripts/bootstrap.mjs found or installed is
 * started. Playwright drives a stock Firefox by WebDriver BiDi, and its own build, which has no input method and does
 * not print, by its own protocol. docs/decisions/0031-firefox-in-the-tests.md
 */
export function firefoxProjects(): Project[] {
  const noted = join(import.meta.dirname, '../../node_modules/.bootstrap/firefox')
  const executable = process.env.FIREFOX_PATH || (existsSync(noted) ? readFileSync(noted, 'utf8') : '')
  const isPlaywrights = executable === firefox.executablePath()
  const { viewport } = devices['Desktop Firefox']
  const stock = {
    channel: 'moz-firefox',
    launchOptions: {
      executablePath: join(import.meta.dirname, 'firefox'),
      env: { ...process.env, FIREFOX_PATH: executable },
    },
  }
  const project = (name: string, specs: string[], inStock: string[]): Project => ({
    name,
    testMatch: isPlaywrights ? specs : [...specs, ...inStock],
    // Tests that need Chromium's own protocol have this tag.
    grepInvert: /@chromium/,
    // The first test waits for a browser to start.
    timeout: 120_000,
    use: { browserName: 'firefox', viewport, ...(isPlaywrights ? {} : stock) },
  })
  return [
    project('firefox', WRITING_TOGETHER, ONLY_IN_STOCK),
    project('firefox-short', SHORT, SHORT_IN_STOCK),
  ]
}
