import { setTimeout as passed } from 'node:timers/promises'
import { StorageThread } from '#lib/storage/sqlite/thread/storage-thread.ts'

/*
 * A planted fault that kill9 must find. Loaded into the server with --import, it makes the store report "on disk" for
 * a commit that only begins a moment later.
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
