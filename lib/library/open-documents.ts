/** The documents that connections have open now. */
export interface OpenDocuments {
  /** Announces that stored access changed. Resolves when every connection to the document has its new role. */
  accessChanged(documentId: string): Promise<void>
  /** Returns the connections that have the document open. */
  present(documentId: string): Promise<{ userId: string; linkId: string }[]>
  /** Closes a deleted document for every connection that has it open. */
  endDeleted(documentId: string): Promise<void>
  /** Tells the connections that had a document open when it was deleted that it is back. */
  restored(documentId: string): void
}
