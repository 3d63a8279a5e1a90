import { setTimeout as passed } from 'node:timers/promises'
import { StorageThread } from '#lib/storage/sqlite/thread/storage-thread.ts'

/*
 * Planted, to see that kill9 finds it: loaded into the server with --import, it lets the store say "on disk" of a commit
 * that is only begun a moment later.
 */

const EARLY_MS = 100

type Call = (
  this: StorageThread,
  store: string,
  method: string,
  ...request: readonly unknown[]
) => Promise<unknown>

const call = StorageThread.prototype.call as Call
const early: Call = async function (store, method, ...request) {
  if (store !== 'log' || method !== 'commit') return call.call(this, store, method, ...request)
  passed(EARLY_MS)
    .then(() => call.call(this, store, method, ...request))
    .catch(() => undefined) // closed before
  return null
}
StorageThread.prototype.call = early as typeof StorageThread.prototype.call
