import { DamagedDocument } from '#lib/collab/document-store.ts'

/** Thrown if the store cannot be opened. `message` is one sentence for the administrator of the server. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly dataDir: string
  constructor(dataDir: string, message: string) {
    super(message)
    this.dataDir = dataDir
  }
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

export function fromWireError({ message, stack, code, errcode, documentId, dataDir }: WireError): Error {
  if (documentId !== undefined) return new DamagedDocument(documentId, message)
  if (dataDir !== undefined) return new StoreUnavailable(dataDir, message)
  const error = Object.assign(new Error(message), { code, errcode })
  if (stack !== undefined) error.stack = stack
  return error
}
