import { writeSync } from 'node:fs'
import type { NewRow } from '#lib/collab/document-store.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { compactionOf, DOCUMENTS, type DocumentName, documentOf, rowOf } from '../support/known-log.ts'
import { seededRandom } from '../support/random.ts'

/*
 * The process that loses power: works on the real store until it is killed, and reports on standard output what the
 * store said is on disk. Run by power-loss.ts as `node power-loss-writer.ts <folder> <seed>`.
 */

/**
 * A report: one JSON object a line, written after the store said so; only `trimming` and `compacting` are written
 * before.
 */
export type Report =
  | { readonly opened: true; readonly restored: boolean }
  | { readonly created: DocumentName }
  | { readonly committed: readonly (readonly [DocumentName, number])[] }
  | { readonly compacted: DocumentName; readonly seq: number }
  | { readonly trimming: DocumentName; readonly upto: number }
  | { readonly person: string }
  | { readonly rejected: string }
  | { readonly failed: string }

const [, , dataDir = '', seed = '0'] = process.argv
const random = seededRandom(Number(seed))
const heads = new Map<DocumentName, number>()

function report(line: Report): void {
  // Synchronous: anything acknowledged before the cut is in the pipe.
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function reject(error: unknown): void {
  report({ rejected: error instanceof Error ? error.message : String(error) })
}

function anyDocument(): DocumentName {
  return DOCUMENTS[Math.floor(random() * DOCUMENTS.length)] ?? 'ash'
}

async function open(): Promise<Store> {
  const store = await openStore({ dataDir }).catch((error: unknown) => {
    reject(error)
    return openStore({ dataDir })
  })
  report({ opened: true, restored: store.restored })
  return store
}

/** Reads the heads: writes in flight may be there or not. */
async function readHeads({ documents, catalog }: Store): Promise<void> {
  for (const name of DOCUMENTS) {
    const document = await documents.load(name)
    if (!document) {
      await catalog.create(documentOf(name))
      report({ created: name })
    }
    heads.set(name, document?.headSeq ?? 0)
  }
}

/** Commits to one to four documents, with a few commits in flight at the same time. */
async function commit({ documents }: Store): Promise<void> {
  const commits: Promise<void>[] = []
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
    const chosen = DOCUMENTS.filter(() => random() < 0.4)
    const rows = (chosen.length > 0 ? chosen : [anyDocument()]).map((name) => nextRow(name))
    commits.push(
      documents.commit(rows).then((outcomes) => {
        const refused = outcomes.find((outcome) => !outcome.ok)
        if (refused) throw new Error(`refused: ${JSON.stringify(refused)}`)
        report({ committed: rows.map((row) => [row.documentId as DocumentName, row.seq]) })
      }),
    )
  }
  const failed = (await Promise.allSettled(commits)).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

function nextRow(name: DocumentName): NewRow {
  const seq = (heads.get(name) ?? 0) + 1
  heads.set(name, seq)
  return rowOf(name, seq)
}

async function compact({ documents }: Store): Promise<void> {
  const name = anyDocument()
  const seq = heads.get(name) ?? 0
  if (seq === 0) return
  await documents.writeCompaction(compactionOf(name, seq))
  report({ compacted: name, seq })
  if (random() < 0.3) return
  const upto = Math.max(1, seq - Math.floor(random() * 4))
  report({ trimming: name, upto })
  await documents.trim(name, upto)
}

async function addPerson({ accounts }: Store): Promise<void> {
  const id = `person ${process.pid} ${random()}`
  const now = new Date(0).toISOString()
  await accounts.transaction().execute(async (transaction) => {
    const person = { id, name: '', email: `${id}@guests.invalid`, emailVerified: 0, image: null }
    const more = { createdAt: now, updatedAt: now, isAnonymous: 1, guestName: 7, hue: null }
    await transaction
      .insertInto('user')
      .values({ ...person, ...more })
      .execute()
  })
  report({ person: id })
}

async function work(store: Store): Promise<void> {
  const dice = random()
  if (dice < 0.8) await commit(store)
  else if (dice < 0.9) await compact(store)
  else if (dice < 0.96) await addPerson(store)
  else await store.documents.reopen()
}

async function workOn(): Promise<void> {
  let store = await open()
  let read = false
  for (;;) {
    if (random() < 0.02) {
      await store.close().catch(reject)
      store = await open()
      read = false
    }
    try {
      if (!read) await readHeads(store)
      read = true
      await work(store)
    } catch (error) {
      reject(error)
      // Like the commit queue.
      await store.documents.reopen().catch(reject)
      read = false
    }
  }
}

workOn().catch((error: unknown) => {
  report({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  process.exit(1)
})
