import { defineConfig } from 'vitest/config'

/** Unit and integration tests. Browser tests are Playwright's (playwright.config.ts), measurements live in tests/bench. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'tests/bench/**'],
    environment: 'node',
    // Processes, not threads: tests start servers, load SQLite and read heap sizes; none may lean on another's.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 5_000,
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
    restoreMocks: true,
    execArgv: ['--expose-gc', '--enable-source-maps'],
    slowTestThreshold: 2_000,
  },
})
