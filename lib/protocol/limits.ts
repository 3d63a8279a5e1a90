/** Limits that both sides know. Sizes are in bytes, times in milliseconds. Changing one changes the wire (see version.ts). */
export const LIMITS = {
  /** A batch is cut at this many bytes of updates; only one single transaction makes a larger one. */
  batchBytes: 256 * 1024,
  /** A batch travels in parts of at most this size: what a link of 64 kbit/s takes in 4 s. */
  partBytes: 32 * 1024,
  /** A batch holds updates merged at most this many at a time (Y.mergeUpdates is quadratic beyond). */
  mergedUpdates: 64,
  /** All parts of one batch together; one such batch at a time per connection. */
  assembledBytes: 8 * 1024 * 1024,
  /** A single paste above this is refused in the editor, before it is applied. */
  pasteBytes: 4 * 1024 * 1024,
  /** One message on the wire, everything included. */
  messageBytes: 1024 * 1024,
  /** A long history is sent in chunks of at most this size. */
  chunkBytes: 256 * 1024,
  /** Structs in one batch. */
  structs: 50_000,
  /** Delete ranges in one batch. */
  deleteRanges: 50_000,
  /** Clocks under the delete ranges of one batch, all ranges added up. */
  deletedLength: 32 * 1024 * 1024,
  /** Types inside each other, the outermost counted: of one batch, and of the body as a whole. */
  typeNesting: 32,
  /** Nesting of values inside formats, embeds and attributes. */
  nesting: 32,
  /** Values in one batch, those inside values counted too, */
  values: 50_000,
  /** and the bytes of each that stands by itself. */
  valueBytes: 64 * 1024,
  /** Types of a document that were not yet held against its schema; a batch that brings more waits for that. */
  uncheckedTypes: 500,
  /** A caret: two encoded relative positions. */
  caretBytes: 256,
  /** A person's name, in UTF-16 units. */
  nameLength: 40,
  /** A document's title, in UTF-16 units. */
  titleLength: 300,
  /** A document: its newest snapshot and the rows after it. */
  documentBytes: 20 * 1024 * 1024,
  /** Batches of one client on their way at the same time. */
  batchesInFlight: 16,
  /** Messages in a row that fail their schema before the socket is closed. */
  refusalsInARow: 10,
  /** Documents joined by one connection. */
  documentsPerConnection: 8,
} as const
