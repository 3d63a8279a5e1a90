/**
 * The limits that both sides know. Sizes are in bytes, times in milliseconds. Changing one changes the wire (see
 * version.ts).
 */
export const LIMITS = {
  /** The bytes of updates at which a batch is cut. Only one single transaction makes a larger one. */
  batchBytes: 256 * 1024,
  /** The largest part of a batch: a 64 kbit/s link takes 4 s for it. */
  partBytes: 32 * 1024,
  /** The most updates merged together in a batch (Y.mergeUpdates is quadratic beyond). */
  mergedUpdates: 64,
  /** The most bytes in all parts of one batch. A connection sends one batch in parts at a time. */
  assembledBytes: 8 * 1024 * 1024,
  /** The largest paste. The editor refuses a larger one before applying it. */
  pasteBytes: 4 * 1024 * 1024,
  /** The largest message on the wire, everything included. */
  messageBytes: 1024 * 1024,
  /** The largest chunk of a long history. */
  chunkBytes: 256 * 1024,
  /** The most structs in one batch. */
  structs: 50_000,
  /** The most delete ranges in one batch. */
  deleteRanges: 50_000,
  /** The most clocks covered by the delete ranges of one batch, summed over all ranges. */
  deletedLength: 32 * 1024 * 1024,
  /** The deepest nesting of types, counting the outermost: in one batch, and in the whole body. */
  typeNesting: 32,
  /** The deepest nesting of values inside formats, embeds and attributes. */
  nesting: 32,
  /** The most values in one batch, counting values inside values. */
  values: 50_000,
  /** The most bytes of a value that is not inside another. */
  valueBytes: 64 * 1024,
  /** The most types of a document not yet checked against the schema. A batch that adds more waits for the check. */
  uncheckedTypes: 500,
  /** The largest caret: two encoded relative positions. */
  caretBytes: 256,
  /** The longest name of a user, in UTF-16 units. */
  nameLength: 40,
  /** The longest title of a document, in UTF-16 units. */
  titleLength: 300,
  /** The largest document: its newest snapshot and the rows after it. */
  documentBytes: 20 * 1024 * 1024,
  /** The most batches of one client in flight. */
  batchesInFlight: 16,
  /** The number of consecutive messages that fail their schema after which the socket is closed. */
  refusalsInARow: 10,
  /** The most documents joined by one connection. */
  documentsPerConnection: 8,
} as const
