import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { firefox, type LaunchOptions } from '@playwright/test'
import type { BrowserProcess } from './browser-process.ts'
import { FirefoxWindow } from './firefox-window.ts'

/** Starts a Firefox (tests/support/firefox.ts) on a profile folder, new or left by an earlier one. */
export async function startFirefox(launch: LaunchOptions, profile: string): Promise<BrowserProcess> {
  const socket = join(profile, 'scripts.sock')
  await rm(socket, { force: true }) // left by a killed one
  const context = await firefox.launchPersistentContext(profile, {
    ...launch,
    env: { ...process.env, ...launch.env, FIREFOX_SCRIPTS: socket },
  })
  const gone = new Promise<void>((resolve) => context.once('close', () => resolve()))
  const pid = await new FirefoxWindow(socket).browserPid()
  return {
    context,
    quit: () => context.close(),
    kill: async () => {
      // Its other processes end when they lose it.
      if (context.browser()?.isConnected()) process.kill(pid, 'SIGKILL')
      await gone
    },
  }
}
