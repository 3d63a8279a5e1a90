import type { DBSchema, IDBPDatabase } from 'idb'
import { report } from '#lib/protocol/report.ts'
import { openDatabase } from './browser-storage.ts'

/** The last guest of this browser and the code that restores the guest if the cookie is lost. */
export interface RememberedGuest {
  readonly userId: string
  /** Null for a user with an account, who is identified by the cookie alone. */
  readonly recovery: string | null
}

const NAME = 'commonplace'
const STORE = 'guest'
const KEY = 'last'
/** The answer of a database that remembers nobody: signed out in another tab. */
const NOBODY = Symbol('nobody')

/** The guest of this tab: a browser that stores nothing may also have no cookie to renew the token with. */
let inTab: RememberedGuest | null = null

/**
 * Remembers the guest even if the browser is killed: cookies and localStorage reach the disk up to half a minute
 * late, IndexedDB immediately. Without a database only this tab remembers. None of these functions rejects.
 */
export async function rememberGuest(guest: RememberedGuest): Promise<void> {
  inTab = guest
  await withDatabase((database) => database.put(STORE, guest, KEY))
}

/** Returns the remembered guest, or null. */
export async function recallGuest(): Promise<RememberedGuest | null> {
  const found: unknown = await withDatabase(async (database) => (await database.get(STORE, KEY)) ?? NOBODY)
  if (found === NOBODY) return null
  return isGuest(found) ? found : inTab
}

/** Forgets the guest. */
export async function forgetGuest(): Promise<void> {
  inTab = null
  await withDatabase((database) => database.delete(STORE, KEY))
}

interface GuestSchema extends DBSchema {
  [STORE]: { key: typeof KEY; value: unknown }
}

async function withDatabase<T>(task: (database: IDBPDatabase<GuestSchema>) => Promise<T>): Promise<T | null> {
  const database = await openDatabase<GuestSchema>(NAME, 1, (fresh) => fresh.createObjectStore(STORE))
  try {
    return database && (await task(database))
  } catch (error) {
    // In private windows and on full disks only the cookie remembers the guest.
    report('this browser remembers nothing for us', error, 'debug')
    return null
  } finally {
    database?.close()
  }
}

function isGuest(value: unknown): value is RememberedGuest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'userId' in value &&
    typeof value.userId === 'string' &&
    'recovery' in value &&
    (value.recovery === null || typeof value.recovery === 'string')
  )
}
