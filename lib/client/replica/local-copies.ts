import { databaseNames, tabChannel } from './browser-storage.ts'
import { forgetGuest, recallGuest } from './guest-memory.ts'
import { type OutboxChange, openIndexedDbStore } from './indexed-db-store.ts'
import { EVERY_STORE, openReplicaDatabase, type ReplicaDatabase, replicaName } from './replica-database.ts'

/*
 * Everything that this browser stores for its users, in one database each (replica-database.ts). A guest's copy is
 * handed over to the account the guest became, and all copies of a user are erased when they sign out.
 */

/**
 * Moves everything the guests `from` left in this browser to the account `to` they became
 * (docs/decisions/0022-guest-to-account.md): unsent batches, and replicas of documents the account has no replica of.
 * Tabs of a guest may still be open; batches they seal later are moved the next time. Idempotent. Rejects if a
 * database fails.
 */
export async function handOver(from: readonly string[], to: string): Promise<void> {
  if (from.length === 0) return
  const held = await namesHeld()
  for (const guest of from) if (held.has(replicaName(guest))) await handOverOne(guest, to)
}

async function handOverOne(from: string, to: string): Promise<void> {
  const source = await openReplicaDatabase(replicaName(from))
  const target = source && (await openReplicaDatabase(replicaName(to)))
  try {
    if (source && target) tellTabs(to, await move(source, target))
  } finally {
    source?.close()
    target?.close()
  }
}

/**
 * Returns the number of a user's changes that wait in this browser for the server; 0 if it stores nothing for the
 * user.
 */
export async function countUnsent(userId: string): Promise<number> {
  if (!(await namesHeld()).has(replicaName(userId))) return 0
  const database = await openReplicaDatabase(replicaName(userId))
  try {
    return (await database?.count('outbox')) ?? 0
  } finally {
    database?.close()
  }
}

/**
 * Erases everything this browser stores for these users: replicas, outboxes and the remembered guest. Idempotent.
 * Rejects if something may be left.
 */
export async function wipeLocalCopies(userIds: readonly string[]): Promise<void> {
  const held = await namesHeld()
  let isLeft = false
  for (const userId of userIds) {
    if (!held.has(replicaName(userId))) continue
    const store = await openIndexedDbStore(userId)
    if (store) await store.wipe()
    else isLeft ||= (await databaseNames())?.has(replicaName(userId)) === true
  }
  await forgetGuest()
  if (isLeft) throw new Error('a copy in this browser cannot be opened, so it was not erased')
}

/** Returns the histories in the target that now have more to send. */
async function move(source: ReplicaDatabase, target: ReplicaDatabase): Promise<string[]> {
  const read = source.transaction(EVERY_STORE, 'readonly')
  const [addresses, documents, states, rows, outbox] = await Promise.all([
    read.objectStore('addresses').getAll(),
    read.objectStore('documents').getAll(),
    read.objectStore('states').getAll(),
    read.objectStore('rows').getAll(),
    read.objectStore('outbox').getAll(),
  ])
  const write = target.transaction(EVERY_STORE, 'readwrite', { durability: 'strict' })
  const known = new Map(
    (await write.objectStore('documents').getAll()).map((each) => [each.documentId, each]),
  )
  const bound = new Map((await write.objectStore('addresses').getAll()).map((each) => [each.address, each]))
  const isNew = (history: string) => !known.has(history.slice(0, history.lastIndexOf('/')))
  // Typed before the guest's first join; the account may know by now which document the address belongs to.
  const placeOf = (history: string) => {
    const found = history.startsWith('/')
      ? known.get(bound.get(history.slice(1))?.documentId ?? '')
      : undefined
    return found ? `${found.documentId}/${found.lineage}` : history
  }
  await Promise.all([
    ...outbox.map((batch) => write.objectStore('outbox').put({ ...batch, history: placeOf(batch.history) })),
    ...addresses
      .filter(({ address }) => !bound.has(address))
      .map((each) => write.objectStore('addresses').put(each)),
    ...documents
      .filter(({ documentId }) => !known.has(documentId))
      .map((each) => write.objectStore('documents').put(each)),
    ...states.filter(({ history }) => isNew(history)).map((each) => write.objectStore('states').put(each)),
    ...rows.filter(({ history }) => isNew(history)).map((each) => write.objectStore('rows').put(each)),
    write.done,
  ])
  // Deleted last, and only what was read: a batch sealed meanwhile stays for the next time.
  const moved = [...new Set(outbox.map((batch) => placeOf(batch.history)))]
  const erase = source.transaction(EVERY_STORE, 'readwrite')
  await Promise.all([
    ...outbox.map(({ history, clientId, n }) => erase.objectStore('outbox').delete([history, clientId, n])),
    ...states.map(({ history }) => erase.objectStore('states').delete(history)),
    ...rows.map(({ history, seq }) => erase.objectStore('rows').delete([history, seq])),
    ...addresses.map(({ address }) => erase.objectStore('addresses').delete(address)),
    ...documents.map(({ documentId }) => erase.objectStore('documents').delete(documentId)),
    erase.done,
  ])
  return moved
}

/** Lets open tabs of the account send the moved batches now. */
function tellTabs(userId: string, histories: readonly string[]): void {
  const channel = tabChannel(replicaName(userId))
  for (const history of histories) channel?.postMessage({ address: '', history } satisfies OutboxChange)
  channel?.close()
}

/** Returns the names of the databases to look into. */
async function namesHeld(): Promise<ReadonlySet<string>> {
  const names = await databaseNames()
  if (names) return names
  // In a browser that does not say, only the last remembered guest is known.
  const last = await recallGuest()
  return new Set(last ? [replicaName(last.userId)] : [])
}
