import { createHash } from 'node:crypto'
import type { PresenceIdentity } from '#lib/protocol/identity.ts'
import { GUEST_NAME_COUNT, HUE_COUNT, HUE_ORDER, type Identity } from '#lib/protocol/identity.ts'
import type { Standing } from './session.ts'

/** A person as they are kept; `hue` null: none chosen. */
export type Person = PresenceIdentity

/** Returns the standing in a row of the table `user`. */
export function standingOf({ role, isAnonymous }: Record<string, unknown>): Standing {
  if (isAnonymous) return 'guest'
  return role === 'admin' ? 'admin' : 'account'
}

/** Returns the person in a row of the table `user`. Throws if the row has no id or name. */
export function personIn({ id, name, guestName, hue }: Record<string, unknown>): Person {
  if (typeof id !== 'string' || typeof name !== 'string') throw new Error('a user row without id and name')
  return {
    userId: id,
    name,
    guestName: inRange(guestName, GUEST_NAME_COUNT) ? guestName : 0,
    hue: inRange(hue, HUE_COUNT) ? hue : null,
  }
}

function inRange(value: unknown, count: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < count
}

/** Outside of a room somebody who chose no hue has one that is always the same; a room gives them one that is free. */
export function identityOf(person: Person): Identity {
  const [byte = 0] = createHash('sha256').update(person.userId).digest()
  return { ...person, hue: person.hue ?? HUE_ORDER[byte % HUE_COUNT] ?? 0 }
}
