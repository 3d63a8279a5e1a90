import { setTimeout as passed } from 'node:timers/promises'
import { StorageThread } from '#lib/storage/sqlite/storage-thread.ts'

/*
 * Planted, to see that kill9 finds it: loaded into the server with --import, it lets the store say "on disk" of a commit
 * that is only begun a moment later.
 */

const EARLY_MS = 100

const { call } = StorageThread.prototype
StorageThread.prototype.call = async function (this: StorageThread, method, ...request) {
  if (method !== 'commit') return call.call(this, method, ...request)
  passed(EARLY_MS)
    .then(() => call.call(this, method, ...request))
    .catch(() => undefined) // closed before
  return null
} as typeof call
