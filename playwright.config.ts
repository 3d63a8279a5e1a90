import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, devices } from '@playwright/test'

/** Browser tests. Each starts a server of its own (tests/support/server-process.ts) from the build that bootstrap made. */
export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: '**/*.spec.ts',
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
      executablePath: chromiumPath(),
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

/** The browser that scripts/bootstrap.mjs found or installed. */
function chromiumPath(): string {
  const noted = join(import.meta.dirname, 'node_modules/.bootstrap/chromium')
  try {
    return process.env.CHROMIUM_PATH ?? readFileSync(noted, 'utf8').trim()
  } catch (cause) {
    throw new Error('No Chromium is known: run "node scripts/bootstrap.mjs test" first.', { cause })
  }
}
