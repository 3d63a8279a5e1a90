import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type BrowserContext, chromium } from '@playwright/test'

/** A Chromium with a profile on disk, in its own process, so that it can be killed as a crash would. */
export interface BrowserProcess {
  /** The profile's only context. */
  readonly context: BrowserContext
  /** Ends it as a person does: data in memory (new cookies, for half a minute) reaches the disk. */
  quit(): Promise<void>
  /** Sends SIGKILL to the browser and everything it started; nothing is flushed. Resolves when it is gone. */
  kill(): Promise<void>
}

const STARTS_WITHIN_MS = 20_000

/** Starts the browser on a profile folder, new or left by an earlier one. `args`: further switches. */
export async function startBrowser(
  executable: string,
  profile: string,
  args: readonly string[] = [],
): Promise<BrowserProcess> {
  const child = spawn(
    executable,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--hide-crash-restore-bubble',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      ...args,
      'about:blank',
    ],
    // A process group of its own: renderers and helpers die with it.
    { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const closed = once(child, 'close')
  const browser = await chromium.connectOverCDP(await addressSaidBy(child))
  const [context] = browser.contexts()
  if (!context) throw new Error('the browser has no profile')
  return {
    context,
    quit: async () => {
      const devtools = await browser.newBrowserCDPSession()
      await devtools.send('Browser.close')
      await closed
    },
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null && child.pid)
        process.kill(-child.pid, 'SIGKILL')
      await closed
    },
  }
}

/** Returns the address where it listens for commands, from a line on stderr. */
function addressSaidBy(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const late = setTimeout(
    () => reject(new Error(`the browser said no address within ${STARTS_WITHIN_MS} ms`)),
    STARTS_WITHIN_MS,
  )
  if (child.stderr) {
    // Read to the end: a full pipe would block it.
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, address] = /^DevTools listening on (ws:\S+)/.exec(line) ?? []
      if (address) resolve(address)
    })
  }
  child.once('exit', (code) => reject(new Error(`the browser ended with ${code}`)))
  return promise.finally(() => clearTimeout(late))
}
