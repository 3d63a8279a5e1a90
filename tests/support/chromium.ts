import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LaunchOptions } from '@playwright/test'

/**
 * Returns how tests start Chromium: the one that scripts/bootstrap.mjs found or installed, or Playwright's own if it
 * recorded none.
 */
export function chromiumOptions(): LaunchOptions {
  const noted = join(import.meta.dirname, '../../node_modules/.bootstrap/chromium')
  const executablePath = process.env.CHROMIUM_PATH || (existsSync(noted) && readFileSync(noted, 'utf8'))
  return {
    ...(executablePath ? { executablePath } : {}),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  }
}
