import { defineConfig, devices } from '@playwright/test'
import { chromiumOptions } from './tests/support/chromium.ts'
import { firefoxProjects } from './tests/support/firefox-options.ts'

const inChromium = { ...devices['Desktop Chrome'], launchOptions: chromiumOptions() }

/**
 * Browser tests. Those of the product start a server of their own (tests/support/server-process.ts) from the build that
 * bootstrap made, those of the editor alone a page of their own (tests/editor-lab/lab.ts).
 */
export default defineConfig({
  testDir: 'tests',
  testMatch: ['e2e/**/*.spec.ts', 'editor-lab/**/*.spec.ts'],
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // More than two cores' worth: a test waits for browsers and servers half of its time.
  workers: 3,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  outputDir: 'test-results',
  use: { trace: 'off', video: 'off', screenshot: 'only-on-failure' },
  projects: [
    { name: 'chromium', grepInvert: /@firefox|@long/, use: inChromium },
    // What takes long runs in `npm run faults`.
    { name: 'chromium-long', grep: /@long/, use: inChromium },
    ...firefoxProjects(),
  ],
})
