/*
 * The limits that both sides know. Sizes are in bytes, times in milliseconds. Changing one changes the wire (see
 * version.ts).
 * Import them as `LIMITS`, a namespace: a bundle then holds only the limits it uses.
 */

/** The bytes of updates at which a batch is cut. Only one single transaction makes a larger one. */
export const batchBytes = 256 * 1024
/** The largest part of a batch: a 64 kbit/s link takes 4 s for it. */
export const partBytes = 32 * 1024
/** The most updates merged together in a batch (Y.mergeUpdates is quadratic beyond). */
export const mergedUpdates = 64
/** The most bytes in all parts of one batch. A connection sends one batch in parts at a time. */
export const assembledBytes = 8 * 1024 * 1024
/** The largest paste. The editor refuses a larger one before applying it. */
export const pasteBytes = 4 * 1024 * 1024
/** The largest message on the wire, everything included. */
export const messageBytes = 1024 * 1024
/** The largest chunk of a long history. */
export const chunkBytes = 256 * 1024
/** The most structs in one batch. */
export const structs = 50_000
/** The most delete ranges in one batch. */
export const deleteRanges = 50_000
/** The most clocks covered by the delete ranges of one batch, summed over all ranges. */
export const deletedLength = 32 * 1024 * 1024
/** The deepest nesting of types, counting the outermost: in one batch, and in the whole body. */
export const typeNesting = 32
/** The deepest nesting of values inside formats, embeds and attributes. */
export const nesting = 32
/** The most values in one batch, counting values inside values. */
export const values = 50_000
/** The most bytes of a value that is not inside another. */
export const valueBytes = 64 * 1024
/** The most types of a document not yet checked against the schema. A batch that adds more waits for the check. */
export const uncheckedTypes = 500
/** The largest caret: two encoded relative positions. */
export const caretBytes = 256
/** The longest name of a user, in UTF-16 units. */
export const nameLength = 40
/** The longest title of a document, in UTF-16 units. */
export const titleLength = 300
/** The largest document: its newest snapshot and the rows after it. */
export const documentBytes = 20 * 1024 * 1024
/** The most batches of one client in flight. */
export const batchesInFlight = 16
/** The number of consecutive messages that fail their schema after which the socket is closed. */
export const refusalsInARow = 10
/** The most documents joined by one connection. */
export const documentsPerConnection = 8
