import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that wait for a server for a minute and longer begin first, or everything waits for them in the end. */
const LONG = [
  'tests/replay/over-sockets.test.ts',
  'tests/faults/kill9.test.ts',
  'tests/faults/slow-reader.test.ts',
]

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = (file: TestSpecification) => LONG.some((path) => file.moduleId.endsWith(path))
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

/** Unit and integration tests. Browser tests are Playwright's (playwright.config.ts), measurements live in tests/bench. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'tests/bench/**'],
    environment: 'node',
    // Processes, not threads: tests start servers, load SQLite and read heap sizes; none may lean on another's.
    pool: 'forks',
    // More than two cores' worth: tests wait for servers, commits and clocks half of their time.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 5_000,
    retry: 0,
    sequence: { sequencer: LongFirst },
    allowOnly: false,
    passWithNoTests: false,
    restoreMocks: true,
    execArgv: ['--expose-gc', '--enable-source-maps'],
    slowTestThreshold: 2_000,
  },
})
