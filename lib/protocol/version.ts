/**
 * The version of the wire: sent in the handshake, equal on both sides or the connection is refused.
 * tests/protocol/fingerprint.test.ts fails if the wire changes and this number does not.
 *
 * History
 * 1: first version.
 * 2: batches travel in parts of 32 KiB; a part that asks for it is confirmed when it has arrived.
 * 3: roles change while connected, requests for roles, tokens renewed on the live socket.
 * 4: types nest 32 deep, values are bounded; a connection that breaks the schema is notified.
 * 5: a token states its lifetime; a user whose session has ended is not made a new guest.
 * 6: a replica's content is compared with the log.
 * 7: the codes `foreign-origin`, `owner-full` and `disk-low`.
 */
export const PROTOCOL_VERSION = 7

/**
 * The version of the document schema (node and mark types of the editor): sent in each join.
 * A client below a document's schema version shows its text and never binds an editor to it.
 *
 * History
 * 1: paragraphs, headings 1–4, lists, tasks, quotes, code blocks, dividers; bold, italic, underline, strike, code, links.
 */
export const SCHEMA_VERSION = 1

/** The Socket.IO namespace of documents. */
export const NAMESPACE = '/documents'

/** The root types of a document; any other name is refused. `body`: XmlFragment, `title`: Text. */
export const ROOTS = { body: 'body', title: 'title' } as const
