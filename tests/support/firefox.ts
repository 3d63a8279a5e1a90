import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

/*
 * Starts Firefox for the browser tests: `firefox.ts <executable> <its arguments>` (started by tests/support/firefox)
 * sits between Playwright and the browser (docs/decisions/0031-firefox-in-the-tests.md):
 * - Playwright gives up if Firefox does not know a command that it sends for every window, which the long-term
 *   release does not. That one answer becomes empty.
 * - For actions that only the browser itself may do (an input method), a test posts a script to the socket named in
 *   FIREFOX_SCRIPTS; it runs in the front window, and its value is the answer.
 * Ends when the browser ends.
 */

/** The command for the colour scheme the page prefers: no Firefox test sets it. */
const UNKNOWN_TO_OLDER = 'emulation.setMediaFeaturesOverride'
const LISTENING = /^WebDriver BiDi listening on (ws:\/\/\S+)$/
/** Ids of our own commands start here; Playwright counts from 1. */
const OWN_IDS = 1e12

interface Answer {
  readonly id?: number
  readonly error?: string
  readonly message?: string
  readonly result?: unknown
}

const [executable = '', ...args] = process.argv.slice(2)
// Set by Playwright: with it the whole browser would end when a tab crashes.
const { MOZ_CRASHREPORTER_SHUTDOWN: _, ...env } = process.env
const browser = spawn(executable, ['--remote-allow-system-access', ...args], {
  env,
  stdio: ['ignore', 'inherit', 'pipe'],
})
browser.on('exit', (code) => process.exit(code ?? 1))
browser.on('error', (error) => {
  console.error(error.message)
  process.exit(1)
})
createInterface(browser.stderr).on('line', (line) => {
  const address = LISTENING.exec(line)?.[1]
  if (address) standBetween(address)
  else console.error(line)
})

function standBetween(address: string): void {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 0 }, () => {
    const own = server.address()
    if (own && typeof own === 'object')
      console.error(`WebDriver BiDi listening on ws://127.0.0.1:${own.port}`)
  })
  server.on('connection', (runner, { url }) => {
    const firefox = new WebSocket(`${address}${url}`, { maxPayload: 0, perMessageDeflate: false })
    const own = new Map<number, (answer: Answer) => void>()
    const early: RawData[] = []
    runner.on('message', (message) => {
      if (firefox.readyState === WebSocket.OPEN) firefox.send(`${message}`)
      else early.push(message)
    })
    firefox.on('open', () => {
      for (const message of early) firefox.send(`${message}`)
    })
    firefox.on('message', (bytes) => {
      const message = `${bytes}`
      if (!message.includes(UNKNOWN_TO_OLDER) && own.size === 0) return runner.send(message)
      const answer: Answer = JSON.parse(message)
      const mine = own.get(answer.id ?? 0)
      if (mine) mine(answer)
      else if (answer.error === 'unknown command' && message.includes(UNKNOWN_TO_OLDER))
        runner.send(JSON.stringify({ type: 'success', id: answer.id, result: {} }))
      else runner.send(message)
    })
    runner.on('close', () => firefox.close())
    firefox.on('close', () => runner.close())

    let id = OWN_IDS
    const ask = async <T>(method: string, params: object): Promise<T> => {
      const asked = ++id
      const answer = await new Promise<Answer>((resolve) => {
        own.set(asked, resolve)
        firefox.send(JSON.stringify({ id: asked, method, params }))
      })
      own.delete(asked)
      if (answer.error) throw new Error(`${answer.error}: ${answer.message}`)
      return answer.result as T
    }
    if (process.env.FIREFOX_SCRIPTS) takeScripts(process.env.FIREFOX_SCRIPTS, ask)
  })
}

type Ask = <T>(method: string, params: object) => Promise<T>

function takeScripts(socket: string, ask: Ask): void {
  createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await runInFront(await text(request), ask)))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  }).listen(socket)
}

/** Runs a script in the browser's front window. */
async function runInFront(script: string, ask: Ask): Promise<unknown> {
  const { contexts } = await ask<{ contexts: { context: string }[] }>('browsingContext.getTree', {
    'moz:scope': 'chrome',
    maxDepth: 0,
  })
  const inFront = `Services.wm.getMostRecentWindow('navigator:browser') === window && (${script})()`
  for (const { context } of contexts) {
    const { type, result, exceptionDetails } = await ask<{
      type: string
      result?: { value?: unknown }
      exceptionDetails?: { text: string }
    }>('script.evaluate', { expression: inFront, target: { context }, awaitPromise: true })
    if (type !== 'success') throw new Error(exceptionDetails?.text)
    if (result?.value !== false) return result?.value ?? null
  }
  throw new Error('no window is in front')
}
