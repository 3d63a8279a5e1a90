import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { MalformedBody, read, readBelow, readCount, readFlag, readIndexed } from '../body.ts'
import {
  GUEST_NAME_COUNT,
  HUE_COUNT,
  type Identity,
  PRESENCE_STATES,
  type PresenceState,
  ROLES,
  type Role,
} from '../identity.ts'
import type { DownMessage, UpMessage, UpRule } from './message.ts'

/** The presence that a client sets for itself. `caret`: two encoded relative positions, empty for no caret. */
export interface PresenceSetBody {
  readonly room: number
  readonly idle: boolean
  readonly caret: Uint8Array
}

export function encodePresenceSet(set: PresenceSetBody): Uint8Array {
  return encoding.encode((e) => {
    encoding.writeVarUint(e, set.room)
    encoding.writeUint8(e, set.idle ? 1 : 0)
    encoding.writeUint8Array(e, set.caret)
  })
}

export function decodePresenceSet(bytes: Uint8Array): PresenceSetBody {
  return read(bytes, (d) => ({
    room: decoding.readVarUint(d),
    idle: readFlag(d),
    caret: decoding.readTailAsUint8Array(d),
  }))
}

/** Sets this tab's presence in a room. */
export const presenceSet = { name: 'presence:set' } as const satisfies UpMessage
export const presenceSetRule = {
  message: presenceSet,
  body: decodePresenceSet,
  rate: 'presence',
  role: 'viewer',
} as const satisfies UpRule

/** One tab of a user in a room. Omitted fields are unchanged since the last diff that had them. */
export interface PresenceUpsert {
  readonly member: number
  readonly identity?: Identity & { readonly role: Role }
  readonly state?: PresenceState
  readonly caret?: Uint8Array
}

/** A change of a room's roster. `full`: it replaces the roster instead of adding to it. */
export interface PresenceDiffBody {
  readonly room: number
  readonly full: boolean
  readonly upserts: readonly PresenceUpsert[]
  readonly removes: readonly number[]
}

const HAS_IDENTITY = 1
const HAS_STATE = 2
const HAS_CARET = 4

export function encodePresenceDiff(diff: PresenceDiffBody): Uint8Array {
  return encoding.encode((e) => {
    encoding.writeVarUint(e, diff.room)
    encoding.writeUint8(e, diff.full ? 1 : 0)
    encoding.writeVarUint(e, diff.removes.length)
    for (const member of diff.removes) encoding.writeVarUint(e, member)
    encoding.writeVarUint(e, diff.upserts.length)
    for (const { member, identity, state, caret } of diff.upserts) {
      encoding.writeVarUint(e, member)
      encoding.writeUint8(
        e,
        (identity ? HAS_IDENTITY : 0) | (state ? HAS_STATE : 0) | (caret ? HAS_CARET : 0),
      )
      if (identity) {
        encoding.writeVarString(e, identity.userId)
        encoding.writeVarString(e, identity.name)
        encoding.writeVarUint(e, identity.guestName)
        encoding.writeVarUint(e, identity.hue)
        encoding.writeUint8(e, ROLES.indexOf(identity.role))
      }
      if (state) encoding.writeUint8(e, PRESENCE_STATES.indexOf(state))
      if (caret) encoding.writeVarUint8Array(e, caret)
    }
  })
}

export function decodePresenceDiff(bytes: Uint8Array): PresenceDiffBody {
  return read(bytes, (d) => {
    const room = decoding.readVarUint(d)
    const full = readFlag(d)
    const removes: number[] = []
    for (let i = readCount(d, 1); i > 0; i--) removes.push(decoding.readVarUint(d))
    const upserts: PresenceUpsert[] = []
    for (let i = readCount(d, 2); i > 0; i--) {
      const member = decoding.readVarUint(d)
      const has = decoding.readUint8(d)
      if (has > (HAS_IDENTITY | HAS_STATE | HAS_CARET)) throw new MalformedBody('unknown presence field')
      upserts.push({
        member,
        ...(has & HAS_IDENTITY ? { identity: readIdentity(d) } : {}),
        ...(has & HAS_STATE ? { state: readIndexed(d, PRESENCE_STATES) } : {}),
        ...(has & HAS_CARET ? { caret: decoding.readVarUint8Array(d) } : {}),
      })
    }
    return { room, full, upserts, removes }
  })
}

/** Sends a change of the roster to the clients in a room. */
export const presenceDiff = {
  name: 'presence:diff',
  body: decodePresenceDiff,
} as const satisfies DownMessage

function readIdentity(d: decoding.Decoder): Identity & { role: Role } {
  return {
    userId: decoding.readVarString(d),
    name: decoding.readVarString(d),
    guestName: readBelow(d, GUEST_NAME_COUNT),
    hue: readBelow(d, HUE_COUNT),
    role: readIndexed(d, ROLES),
  }
}
