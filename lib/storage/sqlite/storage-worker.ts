import { parentPort, workerData } from 'node:worker_threads'
import { type Database, openDatabase } from './database.ts'
import { packRows, unpackRows } from './packed-rows.ts'
import { READY, type Ready, type Reply, type Request, type Requests, type ThreadStart } from './requests.ts'
import { toWireError } from './store-error.ts'

/*
 * The storage thread: owns the database, answers one request after the other, each at once. While an account
 * transaction is open, only its own requests are answered and all others wait in their order: so neither connection
 * ever finds the database locked by the other.
 */

/** The mark follows the commits at this distance, in ms. */
const MARK_MS = 10_000
/** Free pages are given back in steps at this distance, in ms. */
const GIVE_BACK_MS = 100

if (!parentPort) throw new Error('storage-worker.ts is the entry of a worker thread')
const port = parentPort
const { dataDir, isStart } = workerData as ThreadStart
const waiting: Request[] = []
let open: Database | null = null
let giveBackTimer: NodeJS.Timeout | undefined

const requests: Requests = {
  load(documentId) {
    const document = database().log.load(documentId)
    return document && { ...document, count: document.rows.length, rows: packRows(document.rows) }
  },
  readSnapshot(documentId) {
    const snapshot = database().log.readSnapshot(documentId)
    return snapshot && { ...snapshot, state: ownBuffer(snapshot.state) }
  },
  readRows(documentId, after, maxBytes) {
    const rows = database().log.readRows(documentId, after, maxBytes)
    return { count: rows.length, rows: packRows(rows) }
  },
  commit({ documentIds, schemaVersions, rows }) {
    const { log, mark } = database()
    const outcomes = log.commit(
      unpackRows(rows, documentIds.length).map((row, i) => ({
        ...row,
        documentId: documentIds[i] ?? '',
        schemaVersion: schemaVersions[i] ?? 0,
      })),
    )
    const written = outcomes.reduce((count, { ok }) => count + (ok ? 1 : 0), 0)
    mark.add(written)
    return written === outcomes.length ? null : outcomes
  },
  heads: (documentIds) => database().log.heads(documentIds),
  writeCompaction: (compaction) => database().log.writeCompaction(compaction),
  trim(documentId, upto) {
    database().log.trim(documentId, upto)
    giveBackSoon()
  },

  create: (document) => database().catalog.create(document),
  setTitles: (titles) => database().catalog.setTitles(titles),
  recordVisits: (visits) => database().catalog.recordVisits(visits),
  listFor: (userId, limit) => database().catalog.listFor(userId, limit),
  forgetVisit: (userId, documentId) => database().catalog.forgetVisit(userId, documentId),
  delete: (documentId, ownerId, at) => database().catalog.delete(documentId, ownerId, at),
  trashOf: (ownerId) => database().catalog.trashOf(ownerId),
  undelete: (documentId, ownerId) => database().catalog.undelete(documentId, ownerId),
  erase: (documentId, ownerId) => database().catalog.erase(documentId, ownerId),
  eraseDeleted: (deletedBefore) => database().catalog.eraseDeleted(deletedBefore),
  countOwned: (ownerId) => database().catalog.countOwned(ownerId),
  eraseUntouched: (createdBefore) => database().catalog.eraseUntouched(createdBefore),
  markRestored: (at) => database().catalog.markRestored(at),

  adoptGuest: (guestId, accountId, at) => database().owners.adoptGuest(guestId, accountId, at),
  aliasesOf: (userId) => database().owners.aliasesOf(userId),
  ownerOf: (documentId) => database().owners.ownerOf(documentId),
  listKept: (search, limit) => database().owners.listKept(search, limit),
  facts: (keys) => database().access.facts(keys),
  sharing: (documentId) => database().access.sharing(documentId),
  visitors: (documentId, limit) => database().access.visitors(documentId, limit),
  setLinkRole: (documentId, role) => database().access.setLinkRole(documentId, role),
  ensureLinks: (documentId, links) => database().access.ensureLinks(documentId, links),
  changeLink: (linkId, change) => database().access.changeLink(linkId, change),
  replaceLink: (documentId, role, linkId, at) => database().access.replaceLink(documentId, role, linkId, at),
  passwordHash: (linkId) => database().access.passwordHash(linkId),
  unlock: (userId, linkId) => database().access.unlock(userId, linkId),
  grant: (documentId, userId, role, at) => database().access.grant(documentId, userId, role, at),
  request: (documentId, userId, role, at) => database().access.request(documentId, userId, role, at),
  dropRequest: (documentId, userId) => database().access.dropRequest(documentId, userId),
  nextExpiry: (at) => database().access.nextExpiry(at),
  expiredIn: (after, upto) => database().access.expiredIn(after, upto),

  accountQuery: (transaction, sql, parameters) => database().accounts.query(transaction, sql, parameters),
  accountBegin: () => database().accounts.begin(),
  accountCommit: (transaction) => database().accounts.commit(transaction),
  accountRollback: (transaction) => database().accounts.rollback(transaction),

  reopen() {
    // The old connections go last: until new ones stand, they still serve reads; and without any the write-ahead log
    // would go too, and a full disk could not make another.
    const before = open
    open = openDatabase(dataDir, answerWaiting)
    before?.release()
    open.prove()
  },
  close() {
    clearInterval(markTimer)
    clearTimeout(giveBackTimer)
    // After the reply; then nothing keeps the thread alive.
    setImmediate(() => port.close())
    updateMark()
    shut()
  },
}

const markTimer = setInterval(updateMark, MARK_MS)
start()

function start(): void {
  try {
    open = openDatabase(dataDir, answerWaiting)
    const ready: Ready = { restored: isStart && open.mark.countStart(Date.now()) }
    port.postMessage([READY, ready] satisfies Reply)
    port.on('message', receive)
  } catch (error) {
    clearInterval(markTimer)
    port.postMessage([READY, undefined, toWireError(error)] satisfies Reply)
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

function answer([id, method, args]: Request): void {
  try {
    // The method and its arguments come as a pair; the compiler cannot follow it through the union.
    const value = (requests[method] as (...args: readonly unknown[]) => unknown)(...args)
    port.postMessage([id, value] satisfies Reply, buffersOf(value))
  } catch (error) {
    port.postMessage([id, undefined, toWireError(error)] satisfies Reply)
  }
}

function belongsTo(transaction: number, [, method, args]: Request): boolean {
  switch (method) {
    case 'accountQuery':
    case 'accountCommit':
    case 'accountRollback':
      return args[0] === transaction
    default:
      return false
  }
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
    // The older mark stays, and stays true; a full disk is reported by the commits.
  }
}

function giveBackSoon(): void {
  giveBackTimer ??= setTimeout(() => {
    giveBackTimer = undefined
    if (giveBack()) giveBackSoon()
  }, GIVE_BACK_MS)
}

/** True: there is more to do. */
function giveBack(): boolean {
  if (!open) return false
  // An account transaction holds the write lock.
  if (open.accounts.open !== null) return true
  try {
    return open.freePages.step()
  } catch {
    // A full disk, say. What is trimmed next comes here again.
    return false
  }
}

/** The bulk of a reply, handed over instead of copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return []
  if ('rows' in value && value.rows instanceof ArrayBuffer) return [value.rows]
  if ('state' in value && value.state instanceof ArrayBuffer) return [value.state]
  return []
}

function ownBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) return buffer
  return new Uint8Array(buffer, byteOffset, byteLength).slice().buffer
}
