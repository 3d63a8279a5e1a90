import type { Socket } from 'socket.io-client'
import * as v from 'valibot'
import { DOWN, type Down } from '#lib/protocol/messages/down.ts'
import type {
  AnswerOf,
  BodyOf,
  DownMessage,
  Notification,
  Request,
  WireOf,
} from '#lib/protocol/messages/message.ts'
import type { RuleOf, UpName } from '#lib/protocol/messages/up.ts'

/* Sends and receives declared messages over a Socket.IO socket, which does not check what it passes on. */

/**
 * Sends a message that has no answer. `received` is called when the server has it, if the message is one that is
 * confirmed.
 */
export function send<M extends Notification & { readonly name: UpName }>(
  socket: Socket,
  { name }: M,
  content: WireOf<RuleOf<M['name']>>,
  received?: M extends { readonly confirmed: true } ? () => void : never,
): void {
  if (received) socket.emit(name, content, received)
  else socket.emit(name, content)
}

/**
 * Sends a request and waits for its answer, which bytes may follow. Rejects if the connection ends first, or if the
 * answer is overdue or does not match its schema.
 */
export function ask<M extends Request & { readonly name: UpName }>(
  socket: Socket,
  { name, timeout, answer: schema }: M,
  request: WireOf<RuleOf<M['name']>>,
): Promise<{ answer: AnswerOf<M>; history: Uint8Array | null }> {
  return new Promise((resolve, reject) => {
    socket.timeout(timeout).emit(name, request, (error: Error | null, answer: unknown, history?: unknown) => {
      if (error) {
        reject(error)
        return
      }
      const parsed = v.safeParse(schema, answer)
      if (parsed.success) {
        const bytes = history instanceof Uint8Array ? history : null
        resolve({ answer: parsed.output as AnswerOf<M>, history: bytes })
      } else reject(new Error('the answer of the server is malformed'))
    })
  })
}

/**
 * A function for the content of each server message. `bytes` and their confirmation come with an `attached` message.
 */
export type Listeners = {
  readonly [M in Down as M['name']]: (content: BodyOf<M>, bytes: unknown, received: () => void) => void
}

/**
 * Hands each message to its listener. `failed` is called with anything a listener throws, and if the content is
 * invalid.
 */
export function listen(socket: Socket, listeners: Listeners, failed: (error: unknown) => void): void {
  for (const message of DOWN) {
    // The declaration that parses the content also types the listener.
    const take = listeners[message.name] as (content: object, bytes: unknown, received: () => void) => void
    socket.on(message.name, (content: unknown, bytes: unknown, received: () => void) => {
      try {
        take(contentOf(message, content), bytes, received)
      } catch (error) {
        failed(error)
      }
    })
  }
}

/** Returns `value` if it is bytes; throws TypeError otherwise. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new TypeError('bytes expected')
}

function contentOf({ json, body }: DownMessage, content: unknown): object {
  return json ? v.parse(json, content) : body(bytesOf(content))
}
