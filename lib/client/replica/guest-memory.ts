import { type IDBPDatabase, openDB } from 'idb'
import { report } from '#lib/protocol/report.ts'

/** The last guest of this browser and the code that restores the guest if the cookie is lost. */
export interface RememberedGuest {
  readonly userId: string
  /** Null for a user with an account, who is identified by the cookie alone. */
  readonly recovery: string | null
}

const NAME = 'commonplace'
const STORE = 'guest'
const KEY = 'last'

/**
 * Remembers the guest even if the browser is killed: cookies and localStorage reach the disk up to half a minute
 * late, IndexedDB immediately. Without a database nothing is remembered. None of these functions rejects.
 */
export async function rememberGuest(guest: RememberedGuest): Promise<void> {
  await withDatabase((database) => database.put(STORE, guest, KEY))
}

/** Returns the remembered guest, or null. */
export async function recallGuest(): Promise<RememberedGuest | null> {
  const guest: unknown = await withDatabase((database) => database.get(STORE, KEY))
  return isGuest(guest) ? guest : null
}

/** Forgets the guest. */
export async function forgetGuest(): Promise<void> {
  await withDatabase((database) => database.delete(STORE, KEY))
}

async function withDatabase<T>(task: (database: IDBPDatabase) => Promise<T>): Promise<T | null> {
  if (typeof indexedDB === 'undefined') return null
  let database: IDBPDatabase | null = null
  try {
    database = await openDB(NAME, 1, { upgrade: (fresh) => void fresh.createObjectStore(STORE) })
    return await task(database)
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
