import type { Page } from '@playwright/test'
import type { Writer } from './writer.ts'

/** Events of a page that should not have happened, whether the browser blocked them or not. */
export interface Watch {
  /** Reports of the Content-Security-Policy: directive and subject. */
  readonly reports: string[]
  /** Planted scripts that ran: the arguments of their calls of `planted`. */
  readonly executed: string[]
  /** Requests to sites other than the server's. */
  readonly foreign: string[]
}

/** Watches every document that a page opens. Call it before the first one. */
export async function watch(page: Page, origin: string): Promise<Watch> {
  const seen: Watch = { reports: [], executed: [], foreign: [] }
  await page.exposeFunction('planted', (what: string) => {
    seen.executed.push(what)
  })
  await page.exposeFunction('reported', (what: string) => {
    seen.reports.push(what)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
      const { reported } = window as unknown as { reported: (what: string) => void }
      reported(`${effectiveDirective} ${blockedURI} ${sample}`)
    })
  })
  page.on('dialog', (dialog) => {
    seen.executed.push(dialog.message())
    void dialog.dismiss()
  })
  // Events before the first script of a page show in the console only.
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) seen.reports.push(message.text())
  })
  page.on('request', (request) => {
    const url = request.url()
    if (/^(https?|wss?):/.test(url) && new URL(url).host !== new URL(origin).host) seen.foreign.push(url)
  })
  return seen
}

/** Sets up Mei and Wei, both watched. */
export async function watchedPair(newPerson: () => Promise<Writer>, origin: string) {
  const [mei, wei] = [await newPerson(), await newPerson()]
  return { mei, wei, watches: [await watch(mei.page, origin), await watch(wei.page, origin)] }
}
