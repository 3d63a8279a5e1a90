import { createHash } from 'node:crypto'
import type { PresenceIdentity } from '#lib/protocol/identity.ts'
import { GUEST_NAME_COUNT, HUE_COUNT, HUE_ORDER, type Identity } from '#lib/protocol/identity.ts'

/** The stored data that a user is shown with. `hue` is null if they chose none. */
export type Profile = PresenceIdentity

interface ProfileColumns {
  readonly id: string
  readonly name: string
  readonly guestName: number | null
  readonly hue: number | null
}

/** Returns the profile in a row of the table `user`. Values out of range count as not chosen. */
export function profileIn({ id, name, guestName, hue }: ProfileColumns): Profile {
  return {
    userId: id,
    name,
    guestName: inRange(guestName, GUEST_NAME_COUNT) ? guestName : 0,
    hue: inRange(hue, HUE_COUNT) ? hue : null,
  }
}

function inRange(value: number | null, count: number): value is number {
  return value !== null && Number.isInteger(value) && value >= 0 && value < count
}

/**
 * Returns the public identity of a user outside of a document. Without a chosen hue it has one that is always the
 * same; in a document it gets one that is free there.
 */
export function identityOf(profile: Profile): Identity {
  const [byte = 0] = createHash('sha256').update(profile.userId).digest()
  return { ...profile, hue: profile.hue ?? HUE_ORDER[byte % HUE_COUNT] ?? 0 }
}
