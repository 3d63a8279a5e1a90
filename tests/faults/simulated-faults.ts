import type { DocumentStore } from '#lib/collab/document-store.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

/** The faults that the simulation may cause; each is off unless named. */
export interface Faults {
  readonly cuts: boolean
  /** Links that look alive to one side: nothing arrives, until the heartbeat gives up. */
  readonly halfOpenLinks: boolean
  /** Single messages that vanish, which no transport of ours does. */
  readonly drops: boolean
  readonly duplicates: boolean
  readonly reorderings: boolean
  readonly restarts: boolean
  readonly failedCommits: boolean
  /** A browser's database that refuses writes for a while (quota). */
  readonly fullBrowsers: boolean
  /** The wall clocks of server and clients are set back and forth. */
  readonly clockJumps: boolean
  /** A planted fault, which the checks must find. */
  readonly planted: PlantedFault | null
}

export const PLANTED_FAULTS = [
  'relay-before-commit',
  'forgotten-row',
  'acknowledged-too-far',
  'forgotten-number',
  'skipped-row',
] as const
export type PlantedFault = (typeof PLANTED_FAULTS)[number]

export const ALL_FAULTS: Faults = {
  cuts: true,
  halfOpenLinks: true,
  drops: true,
  duplicates: true,
  reorderings: true,
  restarts: true,
  failedCommits: true,
  fullBrowsers: true,
  clockJumps: true,
  planted: null,
}

/** The sources of randomness and time for planted faults. */
interface Dice {
  readonly random: () => number
  readonly clock: VirtualClock
}

/** Returns the store with a fault planted in it. */
export function planted(store: DocumentStore, fault: PlantedFault, { random, clock }: Dice): DocumentStore {
  switch (fault) {
    case 'forgotten-row':
      // Reports "on disk" without writing.
      return overridden(store, {
        commit: async (rows) => (random() < 0.1 ? rows.map(() => ({ ok: true })) : store.commit(rows)),
      })
    case 'relay-before-commit':
      return overridden(store, {
        async commit(rows) {
          clock.after(500, () => void store.commit(rows).catch(() => undefined))
          return rows.map(() => ({ ok: true }))
        },
      })
    case 'forgotten-number':
      // A reloaded room does not know any client's last batch.
      return overridden(store, {
        async load(documentId) {
          const document = await store.load(documentId)
          if (!document) return null
          const covered = document.snapshot?.seq ?? 0
          return { ...document, clients: [], rows: document.rows.filter((row) => row.seq > covered) }
        },
      })
    default:
      return store
  }
}

/** Returns a store with some of its methods replaced. */
export function overridden(store: DocumentStore, methods: Partial<DocumentStore>): DocumentStore {
  return new Proxy(store, {
    get: (target, key) => {
      const replaced: unknown = Reflect.get(methods, key)
      if (replaced) return replaced
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
