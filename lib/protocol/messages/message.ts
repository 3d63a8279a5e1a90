import type * as v from 'valibot'
import type { Role } from '../identity.ts'

/*
 * The shape of a declaration. Each event of the namespace `/documents` is declared in one of the files beside this one and
 * listed in up.ts or down.ts. Both sides derive their code from the declaration: the typed event maps, the server's gate,
 * the client's calls and listeners, and the fingerprint of the wire. The rules are in docs/protocol.md.
 *
 * A message from client to server is declared in two halves side by side, so that pages need not load the server's half:
 * the message itself (name, answer, timeout), and the rule by which the server admits it (content, rate, role).
 */

/** The rates that client messages are counted under. Their figures are in lib/process/rates.ts. */
export type MessageRate = 'updates' | 'presence' | 'joins' | 'compares' | 'sockets' | 'writes'

/** The ms after which a client stops waiting for an answer, unless the declaration has its own. */
export const ANSWER_MS = 20_000

/** The schema of a JSON object, with the schemas of its fields. */
type ObjectSchema<Body extends object> = v.GenericSchema<unknown, Body> & {
  readonly entries: v.ObjectEntries
}

/**
 * The content of a message: a JSON object that passes `json`, or bytes that `body` decodes. `body` throws
 * MalformedBody.
 */
export type Carried<Body extends object = object> =
  | { readonly json: ObjectSchema<Body>; readonly body?: never }
  | { readonly body: (bytes: Uint8Array) => Body; readonly json?: never }

/** A message with an answer: the schema that the client checks the answer with, and the ms it waits for it. */
export interface Request {
  readonly name: string
  readonly answer: v.GenericSchema
  readonly timeout: number
}

/** A message without an answer. `confirmed`: the server confirms its arrival if the client asks for it. */
export interface Notification {
  readonly name: string
  readonly answer?: never
  readonly confirmed?: true
}

/** A message from client to server. */
export type UpMessage = Request | Notification

/** The least role in the room that the message names. *anyone*: it names no room, or its handler decides. */
type Permitted =
  | (Carried<{ readonly room: number }> & { readonly role: Role | 'anyone' })
  | (Carried & { readonly role: 'anyone' })

/**
 * The server's rule for a message. `rate`: the rate that each message counts as one under; its bytes are counted
 * separately.
 */
export type UpRule = { readonly message: UpMessage; readonly rate: MessageRate } & Permitted

/**
 * A message from server to client. `attached`: bytes follow the JSON, and the client confirms that it has received
 * them.
 */
export type DownMessage = { readonly name: string } & Carried & { readonly attached?: true }

/** The decoded content of a message, or of a rule's message. */
export type BodyOf<M> = M extends { readonly json: infer Schema extends v.GenericSchema }
  ? v.InferOutput<Schema>
  : M extends { readonly body: (bytes: Uint8Array) => infer Body }
    ? Body
    : never

/** The content of a message as it is passed to Socket.IO. */
export type WireOf<M> = M extends { readonly json: infer Schema extends v.GenericSchema }
  ? v.InferOutput<Schema>
  : Uint8Array

/** The answer to a request: granted or a refusal. */
export type AnswerOf<M> = M extends { readonly answer: infer Schema extends v.GenericSchema }
  ? v.InferOutput<Schema>
  : never

/** The signature of a client's message in Socket.IO's event map. */
export type UpListener<M, Content> = M extends Request
  ? (request: Content, answer: (answer: AnswerOf<M>, history?: Uint8Array) => void) => void
  : M extends { readonly confirmed: true }
    ? (content: Content, received?: () => void) => void
    : (content: Content) => void

/** The signature of a server's message in Socket.IO's event map. */
export type DownListener<M> = M extends { readonly attached: true }
  ? (content: WireOf<M>, bytes: Uint8Array, received: () => void) => void
  : (content: WireOf<M>) => void
