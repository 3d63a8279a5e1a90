import { afterEach, beforeEach } from 'vitest'
import type { DocumentStore } from '#lib/collab/document-store.ts'
import type { AccessFacts, AccessStore, DocumentCatalog } from '#lib/library/store.ts'
import { newDocument, newRow } from './stored-values.ts'

export interface StoreUnderTest {
  readonly documents: DocumentStore
  readonly catalog: DocumentCatalog
  readonly access: AccessStore
  close(): Promise<void>
}

/** The store of the running test: each test has an empty one. */
export class StoreOfEachTest {
  #store: StoreUnderTest | null = null

  /** Call it where tests are described. `open` returns an empty store. */
  constructor(open: () => Promise<StoreUnderTest>) {
    beforeEach(async () => {
      this.#store = await open()
    })
    afterEach(() => this.#store?.close())
  }

  get documents(): DocumentStore {
    return this.#open.documents
  }

  get catalog(): DocumentCatalog {
    return this.#open.catalog
  }

  get access(): AccessStore {
    return this.#open.access
  }

  /** Returns the numbers of a document's rows. */
  async rowsOf(documentId: string): Promise<number[] | undefined> {
    return (await this.documents.load(documentId))?.rows.map((row) => row.seq)
  }

  async factsOf(linkId: string, userId = ''): Promise<AccessFacts | null> {
    return (await this.access.facts([{ linkId, userId }]))[0] ?? null
  }

  /** Creates a document `id` with rows 1…head. */
  async written(documentId: string, head: number): Promise<void> {
    await this.catalog.create(newDocument(documentId))
    for (let seq = 1; seq <= head; seq++) await this.documents.commit([newRow(documentId, seq)])
  }

  get #open(): StoreUnderTest {
    if (!this.#store) throw new Error('no test runs')
    return this.#store
  }
}
