import type { DocumentsContract, SharingContract } from '#lib/library/contract.ts'
import type { AdministrationContract, OwnAccountContract, SessionsContract } from '#lib/people/contract.ts'
import type { Requests } from './http/requests.ts'

/*
 * The bridge between the process and the pages. Next compiles app/ separately from server.ts, so a module's own
 * variable
 * would exist twice; the one slot on globalThis is used here and nowhere else. The contracts document each method.
 */

/** Facts about this server that pages show. */
export interface SiteContract {
  /** The address of the source code that runs here; null if the operator names none. */
  readonly sourceUrl: string | null
}

export interface Services {
  readonly accounts: OwnAccountContract
  readonly admin: AdministrationContract
  readonly documents: DocumentsContract
  readonly requests: Requests
  readonly sessions: SessionsContract
  readonly sharing: SharingContract
  readonly site: SiteContract
}

const SLOT = Symbol.for('commonplace.services')

/**
 * Returns the services of the running process. Throws if there are none, as for a page rendered outside server.ts.
 */
export function services(): Services {
  const running = (globalThis as { [SLOT]?: Services })[SLOT]
  if (!running) throw new Error('no services in this process: pages are served by server.ts')
  return running
}

/** Fills the slot. Called once, by server.ts. */
export function provideServices(running: Services): void {
  ;(globalThis as { [SLOT]?: Services })[SLOT] = running
}
