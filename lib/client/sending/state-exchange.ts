import * as Y from 'yjs'

/**
 * Tracks whether client and server must exchange by state vector what each lacks, because a batch met a gap that rows
 * did not close, and how many bytes the Y.Doc holds back meanwhile.
 */
export class StateExchange {
  readonly #doc: Y.Doc
  #due = false
  /** Bytes in the Y.Doc that wait for their predecessors and were not sent. */
  #withheld = 0

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  /** The next join must request an exchange. */
  get due(): boolean {
    return this.#due
  }

  /** Nothing in the Y.Doc waits for its predecessors. */
  get isComplete(): boolean {
    return pendingBytes(this.#doc) === 0
  }

  ask(): void {
    this.#due = true
  }

  /** Ends the exchange. Returns what a server with this state vector (base64) lacks, a Yjs v1 update. */
  settle(vector: string): Uint8Array {
    const differences = differencesOf(this.#doc, vectorOf(vector))
    this.#due = false
    this.withhold()
    return differences
  }

  /** Notes that the pending part of the Y.Doc was not sent. */
  withhold(): void {
    this.#withheld = pendingBytes(this.#doc)
  }

  /**
   * Returns true, and requests an exchange, if withheld edits have found their predecessors. They are then in the
   * Y.Doc and nowhere else.
   */
  found(): boolean {
    if (pendingBytes(this.#doc) >= this.#withheld) return false
    this.#withheld = 0
    this.#due = true
    return true
  }
}

/** Returns the differences without pending updates, which the gate refuses. */
function differencesOf(doc: Y.Doc, vector: Uint8Array): Uint8Array {
  const { store } = doc
  const { pendingStructs, pendingDs } = store
  store.pendingStructs = null
  store.pendingDs = null
  const differences = Y.encodeStateAsUpdate(doc, vector)
  store.pendingStructs = pendingStructs
  store.pendingDs = pendingDs
  return differences
}

function pendingBytes({ store: { pendingStructs, pendingDs } }: Y.Doc): number {
  return (pendingStructs?.update.length ?? 0) + (pendingDs?.length ?? 0)
}

function vectorOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
