import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

/*
 * Firefox as the browser tests start it: `firefox.ts <executable> <its arguments>` (tests/support/firefox starts this). The
 * runner gives up when Firefox does not know a command that it sends for every window, and the long-term release does not: this
 * stands between the two, and lets that one answer be empty. Ends when the browser ends.
 */

/** Which look the page prefers: no test of Firefox sets it. */
const UNKNOWN_TO_OLDER = 'emulation.setMediaFeaturesOverride'
const LISTENING = /^WebDriver BiDi listening on (ws:\/\/\S+)$/

const [executable = '', ...args] = process.argv.slice(2)
const browser = spawn(executable, args, { stdio: ['ignore', 'inherit', 'pipe'] })
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
    const early: RawData[] = []
    runner.on('message', (message) => {
      if (firefox.readyState === WebSocket.OPEN) firefox.send(`${message}`)
      else early.push(message)
    })
    firefox.on('open', () => {
      for (const message of early) firefox.send(`${message}`)
    })
    firefox.on('message', (message) => runner.send(withoutUnknown(`${message}`)))
    runner.on('close', () => firefox.close())
    firefox.on('close', () => runner.close())
  })
}

function withoutUnknown(message: string): string {
  if (!message.includes(UNKNOWN_TO_OLDER)) return message
  const answer: { id?: number; error?: string } = JSON.parse(message)
  if (answer.error !== 'unknown command') return message
  return JSON.stringify({ type: 'success', id: answer.id, result: {} })
}
