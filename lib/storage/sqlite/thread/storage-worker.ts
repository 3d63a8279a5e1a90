import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { DATABASE_NAME } from '../../files/database-files.ts'
import { type Database, openDatabase } from '../database.ts'
import { toWireError, unavailable } from '../store-error.ts'
import { buffersOf, packedLog } from './packed-log.ts'
import {
  READY,
  type Ready,
  type Reply,
  type Request,
  type Stores,
  type TableStore,
  type ThreadStart,
} from './requests.ts'

/*
 * The storage thread: owns the database and answers requests one after the other, synchronously, by calling the named
 * method of the named store. While an account transaction is open, it answers only that transaction's requests; all
 * others wait in order, so neither connection ever finds the database locked by the other.
 */

/** The interval at which the mark is updated to the commits, ms. */
const MARK_MS = 10_000
/** The pause between two steps of giving back free pages, ms. */
const GIVE_BACK_MS = 100
/** The time without requests after which the write-ahead log is written back, ms. */
const QUIET_MS = 2000

type Served = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>

if (!parentPort) throw new Error('storage-worker.ts is the entry of a worker thread')
const port = parentPort
const { dataDir, isStart } = workerData as ThreadStart
const waiting: Request[] = []
let open: Database | null = null
let giveBackTimer: NodeJS.Timeout | undefined
let quietTimer: NodeJS.Timeout | undefined

/** The methods that replace the tables' own or have no table. */
const special: { readonly [S in keyof Stores]?: Partial<Stores[S]> } = {
  log: {
    ...packedLog(
      () => database().log,
      (rows) => {
        if (database().mark.add(rows)) updateMark()
      },
    ),
    trim(documentId, upto) {
      database().log.trim(documentId, upto)
      giveBackSoon()
    },
  },
  thread: {
    reopen() {
      // Release the old connections last: until the new ones are open they still serve reads, and without any
      // connection SQLite would remove the write-ahead log, which it could not recreate on a full disk.
      const before = open
      open = openDatabase(dataDir, answerWaiting)
      before?.release()
      open.prove()
    },
    close() {
      clearInterval(markTimer)
      clearTimeout(giveBackTimer)
      clearTimeout(quietTimer)
      // Runs after the reply; then nothing keeps the thread alive.
      setImmediate(() => port.close())
      updateMark()
      shut()
    },
  },
}

const markTimer = setInterval(updateMark, MARK_MS)
start()

function start(): void {
  try {
    open = openDatabase(dataDir, answerWaiting, isStart)
    const ready: Ready = {
      restored: isStart && open.mark.countStart(Date.now()),
      methods: methodsOf(open),
    }
    // From now on the database file alone shows that it was in use.
    if (isStart) open.checkpoint()
    port.postMessage([READY, ready] satisfies Reply)
    port.on('message', receive)
  } catch (error) {
    clearInterval(markTimer)
    open?.release()
    const reason = unavailable(dataDir, join(dataDir, DATABASE_NAME), error)
    port.postMessage([READY, undefined, toWireError(reason)] satisfies Reply)
  }
}

/** Returns the names of the tables' public methods: all that their classes declare without `#`. */
function methodsOf(stores: Pick<Database, TableStore>): Ready['methods'] {
  const namesOf = (tables: object) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(tables)).filter((name) => name !== 'constructor')
  return {
    log: namesOf(stores.log),
    catalog: namesOf(stores.catalog),
    owners: namesOf(stores.owners),
    access: namesOf(stores.access),
  }
}

function receive(request: Request): void {
  const transaction = open?.accounts.open ?? null
  if (transaction === null || belongsTo(transaction, request)) answer(request)
  else waiting.push(request)
}

function answerWaiting(): void {
  while (open?.accounts.open === null) {
    const request = waiting.shift()
    if (!request) return
    answer(request)
  }
}

function answer([id, store, method, args]: Request): void {
  awaitQuiet()
  try {
    const value = call(store, method, args)
    port.postMessage([id, value] satisfies Reply, buffersOf(value))
  } catch (error) {
    port.postMessage([id, undefined, toWireError(error)] satisfies Reply)
  }
}

/**
 * Calls a method of a store. `StorageThread.call` checks that store, method and arguments match; the compiler cannot
 * follow them across the thread.
 */
function call(store: keyof Stores, method: string, args: readonly unknown[]): unknown {
  const own = (special[store] as Served | undefined)?.[method]
  if (own) return own(...args)
  const served = (store === 'thread' ? {} : database()[store]) as Served
  if (!served[method]) throw new Error(`${store} has no method ${method}`)
  return served[method](...args)
}

function belongsTo(transaction: number, [, store, method, args]: Request): boolean {
  return store === 'accounts' && method !== 'begin' && args[0] === transaction
}

function database(): Database {
  if (!open) throw new Error('the database is closed')
  return open
}

function shut(): void {
  const closing = open
  open = null
  closing?.close()
}

function updateMark(): void {
  try {
    open?.mark.update()
  } catch {
    // The older mark stays and is still true. The commits report a full disk.
  }
}

/** Restarts the wait for a quiet moment. */
function awaitQuiet(): void {
  if (quietTimer) quietTimer.refresh()
  else quietTimer = setTimeout(checkpoint, QUIET_MS)
}

/** Writes the write-ahead log back, so that a plain copy of the folder is whole more often. */
function checkpoint(): void {
  try {
    open?.checkpoint()
  } catch {
    // For example a full disk. The next quiet moment tries again.
  }
}

function giveBackSoon(): void {
  giveBackTimer ??= setTimeout(() => {
    giveBackTimer = undefined
    if (giveBack()) giveBackSoon()
  }, GIVE_BACK_MS)
}

/** Returns true if there is more to do. */
function giveBack(): boolean {
  if (!open) return false
  // An account transaction holds the write lock.
  if (open.accounts.open !== null) return true
  try {
    return open.freePages.step()
  } catch {
    // For example a full disk. The next trim tries again.
    return false
  }
}
