import { DamagedDocument } from '#lib/collab/document-store.ts'
import { REFUSALS, RefusedRequest, reasonOf } from '#lib/protocol/errors.ts'
import { BackupRefused } from '../files/manifest.ts'
import { DISK_CODES, SQLITE, sqliteCode } from './connection.ts'

/** Thrown if the store cannot be opened. `message` is one sentence for the administrator of the server. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly dataDir: string
  constructor(dataDir: string, message: string) {
    super(message)
    this.dataDir = dataDir
  }
}

/** Returns the StoreUnavailable for an error met while the file `path` of the data folder was opened or written. */
export function unavailable(dataDir: string, path: string, error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error
  if (error instanceof BackupRefused) {
    const message = `The database is copied before it is upgraded, and that failed. ${error.message}`
    return new StoreUnavailable(dataDir, message)
  }
  const code = error instanceof Error && 'code' in error ? error.code : null
  const sqlite = sqliteCode(error)
  if (sqlite === SQLITE.full || code === 'ENOSPC' || code === 'EDQUOT') {
    return new StoreUnavailable(dataDir, `The disk of ${dataDir} is full: free some space and start again.`)
  }
  if (sqlite === SQLITE.readOnly || code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new StoreUnavailable(dataDir, `The file ${path} cannot be written: ${reasonOf(error)}.`)
  }
  if (sqlite === SQLITE.notADatabase)
    return new StoreUnavailable(dataDir, `The file ${path} is not a database.`)
  return new StoreUnavailable(dataDir, `The file ${path} cannot be opened: ${reasonOf(error)}.`)
}

/** An error as it crosses between the threads: a clone would keep neither the class nor its fields. */
export interface WireError {
  readonly message: string
  readonly stack?: string | undefined
  /** SQLite's code, such as 'ERR_SQLITE_ERROR'. */
  readonly code?: unknown
  /** SQLite's extended result code. */
  readonly errcode?: unknown
  readonly documentId?: string
  readonly dataDir?: string
}

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { message: String(error) }
  const { message, stack } = error
  if (error instanceof DamagedDocument) return { message, documentId: error.documentId }
  if (error instanceof StoreUnavailable) return { message, dataDir: error.dataDir }
  return {
    message,
    stack,
    ...('code' in error ? { code: error.code } : {}),
    ...('errcode' in error ? { errcode: error.errcode } : {}),
  }
}

/**
 * Returns the error of a reply. One of the disk is a refusal, so that a request that meets it is answered with when
 * to come back; SQLite's own is its cause.
 */
export function fromWireError({ message, stack, code, errcode, documentId, dataDir }: WireError): Error {
  if (documentId !== undefined) return new DamagedDocument(documentId, message)
  if (dataDir !== undefined) return new StoreUnavailable(dataDir, message)
  const error = Object.assign(new Error(message), { code, errcode })
  if (stack !== undefined) error.stack = stack
  if (!DISK_CODES.includes(sqliteCode(error))) return error
  return Object.assign(new RefusedRequest(REFUSALS.diskFailed), { code, errcode, cause: error })
}
