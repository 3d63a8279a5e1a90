import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb'
import { report } from '#lib/protocol/report.ts'

/*
 * The only module that reaches what a browser stores for a site, and what connects the site's tabs. A browser may lack
 * each of these, throw when it is merely looked at (site data blocked, sandboxed frame), or never answer. Here all
 * three read the same: null. In other files of the pages the linter refuses these globals (biome.json).
 */

/** Some private modes, and Safari after an update, neither open a database nor refuse. */
const ANSWER_TIMEOUT_MS = 3_000

/**
 * Opens or creates a database. Returns null if this browser offers none, refuses or does not answer. Never throws.
 */
export async function openDatabase<Schema extends DBSchema>(
  name: string,
  version: number,
  create: (database: IDBPDatabase<Schema>) => void,
): Promise<IDBPDatabase<Schema> | null> {
  let late = false
  const opening = async () => {
    // idb reads the global inside: a getter that throws rejects here.
    const database = await openDB<Schema>(name, version, { upgrade: create })
    if (late) database.close()
    return database
  }
  const database = await answerOf(opening)
  late = database === null
  return database
}

/** Deletes a database. Resolves without waiting for tabs that still hold it open. Rejects if the browser refuses. */
export async function deleteDatabase(name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    deleteDB(name, { blocked: () => resolve() }).then(resolve, reject)
  })
}

/**
 * Returns the names of the existing databases, null if this browser does not say (before 2024). Opening a database to
 * check would create it. Never throws.
 */
export async function databaseNames(): Promise<ReadonlySet<string> | null> {
  const factory = offered(() => indexedDB)
  if (!factory) return new Set()
  const found = await answerOf(() => factory.databases())
  return found && new Set(found.flatMap(({ name }) => name ?? []))
}

export type TabChannel = BroadcastChannel

/** Returns a channel to the other tabs of this site, null if this browser offers none. Never throws. */
export function tabChannel(name: string): TabChannel | null {
  return offered(() => new BroadcastChannel(name))
}

/** Runs `work` unless another tab is running the same. Without locks, several tabs may. Rejects only with `work`. */
export async function inOneTab(name: string, work: () => Promise<void>): Promise<void> {
  const locks = offered(() => navigator.locks)
  let held: boolean | null = null
  try {
    await locks?.request(name, { ifAvailable: true }, (lock) => {
      held = lock !== null
      return lock ? work() : undefined
    })
  } catch (error) {
    if (held !== null) throw error
    report('this browser lets nobody lock', error, 'debug')
  }
  if (held === null) await work()
}

/** Returns what `read` returns; null if that is missing or throws. */
function offered<T>(read: () => T): T | null {
  try {
    return read() ?? null
  } catch (error) {
    report('this browser keeps something from us', error, 'debug')
    return null
  }
}

/** Returns the answer, null if `ask` fails or takes too long. */
async function answerOf<T>(ask: () => Promise<T>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ANSWER_TIMEOUT_MS)
  })
  try {
    return await Promise.race([ask(), tooLong])
  } catch (error) {
    report('this browser stores nothing for us', error, 'debug')
    return null
  } finally {
    clearTimeout(timer)
  }
}
