import { beforeEach, expect, test } from 'vitest'
import { Addresses } from '#lib/library/addresses.ts'
import { Documents } from '#lib/library/documents.ts'
import { Rights } from '#lib/library/rights.ts'
import { TRASH_LIFE } from '#lib/library/trash.ts'
import { Visits } from '#lib/library/visits.ts'
import type { Session } from '#lib/people/session.ts'
import { REFUSALS, type Refusal } from '#lib/protocol/errors.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { MemoryStore } from '../support/memory-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

let clock: VirtualClock
let store: MemoryStore
let ended: string[]
let restored: string[]
/** The wait that the rate of documents answers, ms. */
let wait: number
let counted: string[]
let documents: Documents
/** The answer to whether the user may own more. */
let full: Refusal | null
let freed: string[]

beforeEach(() => {
  clock = new VirtualClock(() => 0.5)
  store = new MemoryStore()
  ended = []
  restored = []
  full = null
  freed = []
  wait = 0
  counted = []
  const addresses = new Addresses('a secret of more than thirty-two characters')
  documents = new Documents({
    access: store,
    addresses,
    catalog: store,
    clock,
    openDocuments: {
      endDeleted: async (documentId) => void ended.push(documentId),
      restored: (documentId) => void restored.push(documentId),
    },
    rates: {
      take: (name, { ip }) => {
        counted.push(`${name} ${ip}`)
        return wait
      },
    },
    storageUse: { refusalOf: async () => full, freed: async (ownerId) => void freed.push(ownerId) },
    rights: new Rights({ access: store, addresses, clock }),
    visits: new Visits({ catalog: store, clock, onLost: () => undefined }),
    documentsPerUser: 2,
  })
})

function sessionOf(userId: string, cap: Role | null = null, mayCreate = true): Session {
  const user = { userId, name: '', guestName: 1, hue: 1 }
  return { sessionId: userId, user, standing: 'guest', cap, mayCreate, isProgram: false, readOnly: false }
}

const ann = sessionOf('ann')
const bob = sessionOf('bob')

const refusal = (code: string) => expect.objectContaining({ refusal: expect.objectContaining({ code }) })

test('a new document is its creator’s, and its link is for editors', async () => {
  const address = await documents.create(ann, '192.0.2.1')
  expect(counted).toEqual(['documents 192.0.2.1'])
  expect(await documents.rightOf(ann, address)).toMatchObject({ role: 'owner', userId: 'ann' })
  expect(await documents.rightOf(bob, address)).toMatchObject({ role: 'editor', userId: 'bob' })
  expect(await documents.rightOf(null, address)).toMatchObject({ role: 'editor', userId: '' })
  expect(await documents.recent(ann)).toMatchObject([{ address, owned: true }])
})

test('a session’s cap holds in every document', async () => {
  const address = await documents.create(ann, '')
  expect(await documents.rightOf(sessionOf('bob', 'viewer'), address)).toMatchObject({ role: 'viewer' })
  expect(await documents.rightOf(sessionOf('ann', 'viewer'), address)).toMatchObject({ role: 'viewer' })
})

test('creating is refused without the right to, with too many documents, and too often', async () => {
  await expect(documents.create(sessionOf('eve', null, false), '')).rejects.toEqual(refusal('forbidden'))
  wait = 500
  await expect(documents.create(ann, '')).rejects.toMatchObject({
    refusal: { code: 'too-many-documents', retryAfterMs: 500 },
  })
  wait = 0
  for (let i = 0; i < 2; i++) await documents.create(ann, '')
  counted.splice(0)
  await expect(documents.create(ann, '')).rejects.toEqual(refusal('too-many-documents'))
  // The limit of the owner is checked first, so it costs their network nothing.
  expect(counted).toEqual([])
})

test('creating is refused to an owner without storage left, and with a trash as large as the list may be', async () => {
  full = REFUSALS.ownerFull
  await expect(documents.create(ann, '')).rejects.toEqual(refusal('owner-full'))
  expect(counted).toEqual([])
  full = null
  for (let i = 0; i < 2; i++) await documents.delete(ann, await documents.create(ann, ''))
  await expect(documents.create(ann, '')).rejects.toEqual(refusal('too-many-documents'))
})

test('the owner’s delete moves to the trash and closes the document; undelete brings it back', async () => {
  const address = await documents.create(ann, '')
  expect(await documents.delete(ann, address)).toBe('deleted')
  expect(ended).toHaveLength(1)
  expect(await documents.rightOf(ann, address)).toBeNull()
  expect(await documents.delete(ann, address)).toBe('unknown')
  const [trashed] = await documents.trash(ann)
  expect(trashed).toMatchObject({ address, erasedAt: clock.now() + TRASH_LIFE })
  expect(await documents.undelete(bob, address)).toBe(false)
  expect(restored).toEqual([])
  expect(await documents.undelete(ann, address)).toBe(true)
  expect(await documents.undelete(ann, address)).toBe(false)
  expect(restored).toEqual(ended)
  expect(await documents.rightOf(ann, address)).toMatchObject({ role: 'owner' })
})

test('another user’s delete only takes the document off their list', async () => {
  const address = await documents.create(ann, '')
  expect(await documents.delete(bob, address)).toBe('forgotten')
  expect(ended).toEqual([])
  expect(await documents.rightOf(ann, address)).toMatchObject({ role: 'owner' })
})

test('erasing is for the owner of a document in the trash', async () => {
  const address = await documents.create(ann, '')
  expect(await documents.erase(ann, address)).toBe(false)
  await documents.delete(ann, address)
  expect(await documents.erase(bob, address)).toBe(false)
  expect(await documents.erase(ann, address)).toBe(true)
  expect(await documents.trash(ann)).toEqual([])
  // Erasing makes room, for the owner only.
  expect(freed).toEqual(['ann'])
})

test('an address that was not made here is unknown to every method', async () => {
  const address = 'x'.repeat(32)
  expect(await documents.rightOf(ann, address)).toBeNull()
  expect(await documents.delete(ann, address)).toBe('unknown')
  expect(await documents.undelete(ann, address)).toBe(false)
  expect(await documents.erase(ann, address)).toBe(false)
})
