import { beforeEach, expect, expectTypeOf, test } from 'vitest'
import { RoomPresence } from '#lib/collab/presence/room-presence.ts'
import { Seats } from '#lib/collab/seats.ts'
import { Addresses } from '#lib/library/addresses.ts'
import type { Right } from '#lib/library/contract.ts'
import { LinkExpiry } from '#lib/library/link-expiry.ts'
import { LiveAccess } from '#lib/library/live-access.ts'
import { Rights } from '#lib/library/rights.ts'
import { Sharing } from '#lib/library/sharing.ts'
import type { Session } from '#lib/people/session.ts'
import { createLog } from '#lib/process/log.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { provideServices, type Services } from '#lib/server/services.ts'
import { POST } from '../../app/api/access/link-role/route.ts'
import { Probe } from '../collab/rooms-scene.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/* A change of sharing from the route to the store: the store calls that it makes, and the validity of a right. */

const OWNER: Session = {
  sessionId: 'session',
  user: { userId: 'ann', name: '', guestName: 1, hue: 1 },
  standing: 'guest',
  cap: null,
  mayCreate: true,
  isProgram: false,
  readOnly: false,
}

let calls: string[]
let seats: Seats
let rights: Rights
let sharing: Sharing
let address: string

beforeEach(async () => {
  calls = []
  const clock = new VirtualClock(() => 0.5)
  seats = new Seats(1, 'document', new RoomPresence(1, { pingInterval: 10_000 }, clock), () => undefined)
  const addresses = new Addresses('a secret of more than thirty-two characters')
  const store = new MemoryStore()
  const linkId = addresses.newLinkId()
  address = addresses.addressOf(linkId)
  await store.create({
    documentId: 'document',
    lineage: 'lineage',
    ownerId: 'ann',
    schemaVersion: 1,
    createdAt: 0,
    linkId,
    linkRole: 'editor',
  })
  const access = counted(store)
  const log = createLog('silent')
  rights = new Rights({ access, addresses, clock })
  const live = new LiveAccess({
    rooms: { seatsOf: async () => seats, end: async () => undefined },
    rights,
    access,
    clock,
    log,
  })
  const openDocuments = {
    accessChanged: (documentId: string) => live.changed(documentId),
    present: async () => [],
  }
  sharing = new Sharing({
    access,
    addresses,
    clock,
    linkExpiry: new LinkExpiry({ access, openDocuments, clock, log }),
    linkPasswords: { isRight: async () => false },
    openDocuments,
    passwords: { hash: async () => 'a hash' },
    rights,
    users: { find: async () => null },
  })
})

/** Returns the store, recording every call of it in `calls`. */
function counted(store: MemoryStore): MemoryStore {
  return new Proxy(store, {
    get(target, name: keyof MemoryStore) {
      const method: unknown = target[name]
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        calls.push(name)
        return method.apply(target, args)
      }
    },
  })
}

function enter(userId: string): void {
  const linkId = address.slice(0, 16)
  seats.take(new Probe(userId, userId), { clientId: 1, role: 'editor', linkId, schemaVersion: 1 })
}

async function ownerRight(): Promise<Right<'owner'>> {
  const right = await rights.at(address, 'ann', null)
  if (right?.role !== 'owner') throw new Error('not the owner')
  calls.splice(0)
  return right as Right<'owner'>
}

/** Sets the highest role that links give, over the route. */
async function setLinkRole(role: Role | null): Promise<number> {
  provideServices({
    requests: { mayMutate: () => true, takeRate: () => 0 } as Partial<Services['requests']>,
    sessions: { of: async () => OWNER } as Partial<Services['sessions']>,
    documents: {
      rightOf: (_session, asked) => rights.at(asked, OWNER.user.userId, OWNER.cap),
    } as Partial<Services['documents']>,
    sharing,
  } as unknown as Services)
  const { status } = await POST(
    new Request('http://127.0.0.1/api/access/link-role', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ address, role }),
    }),
  )
  return status
}

test('a change of sharing asks the store twice: to judge, and to change', async () => {
  expect(await setLinkRole('viewer')).toBe(200)
  expect(calls).toEqual(['facts', 'setLinkRole'])
})

test('users in the document are judged together in one more call', async () => {
  enter('bob')
  enter('eve')
  expect(await setLinkRole('viewer')).toBe(200)
  expect(calls).toEqual(['facts', 'setLinkRole', 'facts'])
  expect(Array.from(seats, ({ role }) => role)).toEqual(['viewer', 'viewer'])
})

test('the next expiry of a link is looked up only after one was set', async () => {
  const right = await ownerRight()
  await sharing.changeLink(right, 'editor', { password: null })
  await sharing.renewLink(right, 'editor')
  await sharing.answerRequest(right, 'bob', null)
  await sharing.grant(right, 'bob', null)
  expect(calls).not.toContain('nextExpiry')
  await sharing.changeLink(right, 'editor', { expiresAt: 1_000_000_000_000_000 })
  expect(calls).toContain('nextExpiry')
})

test('only Rights makes a right: neither a literal nor a changed copy is one', async () => {
  const right = await ownerRight()
  // @ts-expect-error: this was not judged.
  const literal: Right<'owner'> = { role: 'owner', userId: 'eve', facts: right.facts }
  // @ts-expect-error: a copy with another user is not judged.
  const copy: Right<'owner'> = { ...right, userId: 'eve' }
  expect([literal.role, copy.role]).toEqual(['owner', 'owner'])
  expectTypeOf<Right>().not.toExtend<Right<'owner'>>()
  expectTypeOf<Right<Role>>().not.toExtend<Right<'owner'>>()
  expectTypeOf<Right<'owner'>>().toExtend<Right<Role>>()
})
