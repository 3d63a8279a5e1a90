import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { firefox, type PlaywrightTestConfig } from '@playwright/test'

/**
 * How tests start the Firefox that scripts/bootstrap.mjs found or installed. Playwright drives one as its makers ship it by
 * WebDriver BiDi, and its own by a protocol of its own. docs/decisions/0031-firefox-in-the-tests.md
 */
export function firefoxOptions(): NonNullable<PlaywrightTestConfig['use']> {
  const noted = join(import.meta.dirname, '../../node_modules/.bootstrap/firefox')
  const executable = process.env.FIREFOX_PATH || (existsSync(noted) ? readFileSync(noted, 'utf8') : '')
  if (executable === firefox.executablePath()) return {}
  return {
    channel: 'moz-firefox',
    launchOptions: {
      executablePath: join(import.meta.dirname, 'firefox'),
      env: { ...process.env, FIREFOX_PATH: executable },
    },
  }
}
