import { Addresses } from '#lib/library/addresses.ts'
import { Rights } from '#lib/library/rights.ts'
import { Visits } from '#lib/library/visits.ts'
import type { Log } from '#lib/process/log.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import type { Store } from '#lib/storage/open-store.ts'

export interface LibraryOptions {
  readonly store: Pick<Store, 'access' | 'catalog'>
  readonly secret: string
  readonly log: Log
}

/** The parts that find documents and decide who may open them. */
export interface Library {
  readonly addresses: Addresses
  readonly rights: Rights
  readonly visits: Visits
}

/** Builds the parts that find documents and decide who may open them, without what pages and routes call. */
export function buildLibrary({ store: { access, catalog }, secret, log }: LibraryOptions): Library {
  const addresses = new Addresses(secret)
  return {
    addresses,
    rights: new Rights({ access, addresses, clock: systemClock }),
    visits: new Visits({
      catalog,
      clock: systemClock,
      onLost: (error) => log.warn({ err: error }, 'catalog.visits-lost'),
    }),
  }
}
