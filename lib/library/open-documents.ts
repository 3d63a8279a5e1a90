/** The content that a document shows, as one update. */
export interface CopiedContent {
  /** A Yjs v1 update; null if there is no content. */
  readonly update: Uint8Array | null
  /** The client id of everything in the update. */
  readonly clientId: number
  /** As shown in lists, '' if there is none. */
  readonly title: string
  readonly schemaVersion: number
}

/** The documents that connections have open now. */
export interface OpenDocuments {
  /** Announces that stored access changed. Resolves when every connection to the document has its new role. */
  accessChanged(documentId: string): Promise<void>
  /** Returns the connections that have the document open. */
  present(documentId: string): Promise<{ userId: string; linkId: string }[]>
  /**
   * Copies what a document shows, as far as it is on disk, under another title. Returns null if it no longer exists.
   * Rejects if the document is damaged or too much for the limits of folding.
   */
  copyOf(documentId: string, title: string): Promise<CopiedContent | null>
  /** Closes a deleted document for every connection that has it open. */
  endDeleted(documentId: string): Promise<void>
  /** Tells the connections that had a document open when it was deleted that it is back. */
  restored(documentId: string): void
}
