import type { DocumentStore } from '#lib/collab/document-store.ts'
import type { LogTables } from '../log-tables.ts'
import { packRows, unpackRows } from './packed-rows.ts'
import type { PackedLog } from './requests.ts'
import type { StorageThread } from './storage-thread.ts'

/*
 * Both ends of the log's methods that carry bulk bytes. The bytes cross in transferred ArrayBuffers; all other
 * methods of a store cross as they are (StorageThread.over).
 */

/**
 * Serves the packed methods from the tables of `log()`. `onCommitted` is called with the number of rows that each
 * commit wrote.
 */
export function packedLog(log: () => LogTables, onCommitted: (rows: number) => void): PackedLog {
  return {
    load(documentId) {
      const document = log().load(documentId)
      return document && { ...document, count: document.rows.length, rows: packRows(document.rows) }
    },
    readSnapshot(documentId) {
      const snapshot = log().readSnapshot(documentId)
      return snapshot && { ...snapshot, state: ownBuffer(snapshot.state) }
    },
    readRows(documentId, after, maxBytes) {
      const rows = log().readRows(documentId, after, maxBytes)
      return { count: rows.length, rows: packRows(rows) }
    },
    commit({ documentIds, schemaVersions, rows }) {
      const outcomes = log().commit(
        unpackRows(rows, documentIds.length).map((row, i) => ({
          ...row,
          documentId: documentIds[i] ?? '',
          schemaVersion: schemaVersions[i] ?? 0,
        })),
      )
      const written = outcomes.reduce((count, { ok }) => count + (ok ? 1 : 0), 0)
      onCommitted(written)
      return written === outcomes.length ? null : outcomes
    },
  }
}

/** Returns the documents' port over the thread. */
export function documentsOver(thread: StorageThread): DocumentStore {
  const log = thread.over('log')
  return {
    ...log,
    async load(documentId) {
      const document = await log.load(documentId)
      if (!document) return null
      const { count, rows, ...rest } = document
      return { ...rest, rows: unpackRows(rows, count) }
    },
    async readSnapshot(documentId) {
      const snapshot = await log.readSnapshot(documentId)
      return snapshot && { ...snapshot, state: new Uint8Array(snapshot.state) }
    },
    async readRows(documentId, after, maxBytes) {
      const { count, rows } = await log.readRows(documentId, after, maxBytes)
      return unpackRows(rows, count)
    },
    async commit(rows) {
      if (rows.length === 0) return []
      const pack = {
        documentIds: rows.map((row) => row.documentId),
        schemaVersions: rows.map((row) => row.schemaVersion),
        rows: packRows(rows),
      }
      const outcomes = await thread.call('log', 'commit', [pack], [pack.rows])
      return outcomes ?? rows.map(() => ({ ok: true }))
    },
    reopen: () => thread.call('thread', 'reopen', []),
  }
}

/** Returns the buffers of a reply that are to be transferred instead of copied. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return []
  if ('rows' in value && value.rows instanceof ArrayBuffer) return [value.rows]
  if ('state' in value && value.state instanceof ArrayBuffer) return [value.state]
  return []
}

function ownBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) return buffer
  return new Uint8Array(buffer, byteOffset, byteLength).slice().buffer
}
