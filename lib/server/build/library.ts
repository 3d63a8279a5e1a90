import { Addresses } from '#lib/library/addresses.ts'
import { Rights } from '#lib/library/rights.ts'
import { StorageUse } from '#lib/library/storage-use.ts'
import { Visits } from '#lib/library/visits.ts'
import type { Log } from '#lib/process/log.ts'
import type { Settings } from '#lib/process/settings.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import type { Store } from '#lib/storage/open-store.ts'

export interface LibraryOptions {
  readonly store: Pick<Store, 'access' | 'catalog'>
  readonly secret: string
  readonly settings: Pick<Settings, 'guestStorageBytes' | 'accountStorageBytes'>
  readonly freeSpace: { readonly isLow: boolean }
  readonly log: Log
}

/** The parts that find documents and decide who may open them. */
export interface Library {
  readonly addresses: Addresses
  readonly rights: Rights
  readonly storageUse: StorageUse
  readonly visits: Visits
}

/** Builds the parts that find documents and decide who may open them, without what pages and routes call. */
export function buildLibrary(options: LibraryOptions): Library {
  const { store, secret, settings, freeSpace, log } = options
  const { access, catalog } = store
  const addresses = new Addresses(secret)
  return {
    addresses,
    rights: new Rights({ access, addresses, clock: systemClock }),
    storageUse: new StorageUse({
      catalog,
      clock: systemClock,
      freeSpace,
      log,
      guestBytes: settings.guestStorageBytes,
      accountBytes: settings.accountStorageBytes,
    }),
    visits: new Visits({
      catalog,
      clock: systemClock,
      onLost: (error) => log.warn({ err: error }, 'catalog.visits-lost'),
    }),
  }
}
