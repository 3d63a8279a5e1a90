import * as v from 'valibot'
import type { RateName } from '#lib/process/rates.ts'
import type { Refusal } from '#lib/protocol/errors.ts'
import type { Role } from '#lib/protocol/identity.ts'
import type { AskRequest } from '#lib/protocol/messages/access.ts'
import type { CompareRequest } from '#lib/protocol/messages/compare.ts'
import type { PullRequest } from '#lib/protocol/messages/history.ts'
import type { JoinRequest, LeaveRequest } from '#lib/protocol/messages/join.ts'
import type { PresenceSetBody } from '#lib/protocol/messages/presence.ts'
import type { RenewRequest } from '#lib/protocol/messages/session.ts'
import type { UpEvents } from '#lib/protocol/messages/up.ts'
import type { BatchBody } from '#lib/protocol/messages/update.ts'

/** What each event brings, understood. */
interface UpBodies extends Record<keyof UpEvents, object> {
  'document:join': JoinRequest
  'document:update': BatchBody
  'document:pull': PullRequest
  'document:compare': CompareRequest
  'document:leave': LeaveRequest
  'presence:set': PresenceSetBody
  'session:renew': RenewRequest
  'access:ask': AskRequest
}

/** An event's acknowledgement. */
export type Answer = (answer: object, bytes?: Uint8Array) => void

/** What one event is, and who may send it. */
export interface EventRule<Target, Body> {
  /** What it should have been, for the answer to what cannot be read. */
  readonly shape: string
  /** Its body; null, or a MalformedBody thrown: it cannot be read. */
  readonly read: (args: readonly unknown[]) => Body | null
  /** What it counts as; null: next to nothing. Its bytes are counted beside that. */
  readonly rate: RateName | null
  /** The least role in the room the body names. *anyone*: no room is needed, or the handler judges. */
  readonly role: Body extends { readonly room: number } ? Role | 'anyone' : 'anyone'
  /** Null: done, and answered. */
  readonly handle: (target: Target, body: Body, answer: Answer) => Refusal | null | Promise<Refusal | null>
  /** Sends a refusal another way than in the acknowledgement, which this event has none of. */
  readonly refused?: (target: Target, body: Body, refusal: Refusal) => void
}

/** One rule for every event a client may send: one that has none does not compile. */
export type EventRules<Target> = { readonly [E in keyof UpEvents]: EventRule<Target, UpBodies[E]> }

/** Reads an event that is one JSON object. */
export function json<S extends v.GenericSchema>(schema: S) {
  return ([value, ...rest]: readonly unknown[]): v.InferOutput<S> | null => {
    if (rest.length > 0) return null
    const parsed = v.safeParse(schema, value, { abortEarly: true })
    return parsed.success ? parsed.output : null
  }
}

/** Reads an event that is one body of bytes. */
export function bytes<Body>(decode: (bytes: Uint8Array) => Body) {
  return ([value, ...rest]: readonly unknown[]): Body | null =>
    value instanceof Uint8Array && rest.length === 0 ? decode(value) : null
}
