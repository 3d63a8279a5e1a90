import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, devices } from '@playwright/test'

/**
 * Browser tests. Those of the product start a server of their own (tests/support/server-process.ts) from the build that
 * bootstrap made, those of the editor alone a page of their own (tests/editor-lab/lab.ts).
 */
export default defineConfig({
  testDir: 'tests',
  testMatch: ['e2e/**/*.spec.ts', 'editor-lab/**/*.spec.ts'],
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  outputDir: 'test-results',
  use: {
    ...devices['Desktop Chrome'],
    trace: 'off',
    video: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...chromium(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})

/** The browser that scripts/bootstrap.mjs found or installed; Playwright's own where it noted none. */
function chromium(): { executablePath?: string } {
  const noted = join(import.meta.dirname, 'node_modules/.bootstrap/chromium')
  const executablePath = process.env.CHROMIUM_PATH || (existsSync(noted) && readFileSync(noted, 'utf8'))
  return executablePath ? { executablePath } : {}
}
