import { beforeEach, expect, test } from 'vitest'
import { damageIn } from '#lib/collab/document-store.ts'
import { Addresses } from '#lib/library/addresses.ts'
import type { Right } from '#lib/library/contract.ts'
import { Documents } from '#lib/library/documents.ts'
import type { CopiedContent } from '#lib/library/open-documents.ts'
import { Rights } from '#lib/library/rights.ts'
import { TRASH_LIFE } from '#lib/library/trash.ts'
import { Visits } from '#lib/library/visits.ts'
import type { Session } from '#lib/people/session.ts'
import { REFUSALS, type Refusal } from '#lib/protocol/errors.ts'
import type { Role } from '#lib/protocol/identity.ts'
import { decodeEntries, ENTRY_BODY_UPDATE } from '#lib/protocol/log-row.ts'
import { chainHash } from '../support/known-log.ts'
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
let reread: string[]
/** The content that is copied, null if the document is gone. */
let copied: Omit<CopiedContent, 'title'> | null

beforeEach(() => {
  clock = new VirtualClock(() => 0.5)
  store = new MemoryStore()
  ended = []
  restored = []
  full = null
  reread = []
  wait = 0
  counted = []
  copied = { update: new Uint8Array([1, 2, 3]), clientId: 7, schemaVersion: 1 }
  const addresses = new Addresses('a secret of more than thirty-two characters')
  documents = new Documents({
    access: store,
    addresses,
    catalog: store,
    clock,
    hash: chainHash,
    openDocuments: {
      copyOf: async (_documentId, title) => copied && { ...copied, title },
      endDeleted: async (documentId) => void ended.push(documentId),
      restored: (documentId) => void restored.push(documentId),
    },
    rates: {
      take: (name, { ip }) => {
        counted.push(`${name} ${ip}`)
        return wait
      },
    },
    storageUse: { refusalOf: async () => full, changed: async (ownerId) => void reread.push(ownerId) },
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
  expect(reread).toEqual(['ann'])
})

test('an address that was not made here is unknown to every method', async () => {
  const address = 'x'.repeat(32)
  expect(await documents.rightOf(ann, address)).toBeNull()
  expect(await documents.delete(ann, address)).toBe('unknown')
  expect(await documents.undelete(ann, address)).toBe(false)
  expect(await documents.erase(ann, address)).toBe(false)
})

test('a copy is its maker’s, holds the content as one row, and has a link and a history of its own', async () => {
  const address = await documents.create(ann, '')
  const right = await rightAt(bob, address)
  counted.splice(0)
  const copy = await documents.copy(bob, right, 'Copy of it', '192.0.2.1')
  expect(counted).toEqual(['documents 192.0.2.1', 'bytes 192.0.2.1'])
  const made = await rightAt(bob, copy)
  expect(made).toMatchObject({ role: 'owner', facts: { title: 'Copy of it', ownerId: 'bob' } })
  expect(made.facts.documentId).not.toBe(right.facts.documentId)
  const stored = await store.load(made.facts.documentId)
  expect(stored && damageIn(stored, chainHash)).toBeNull()
  expect(stored?.lineage).not.toBe((await store.load(right.facts.documentId))?.lineage)
  expect(stored?.rows.flatMap(({ entries }) => decodeEntries(entries))).toEqual([
    { kind: ENTRY_BODY_UPDATE, clientId: 7, n: 1, user: 'bob', updates: [new Uint8Array([1, 2, 3])] },
  ])
})

test('an empty document’s copy is empty', async () => {
  copied = { update: null, clientId: 7, schemaVersion: 1 }
  const copy = await documents.copy(ann, await rightAt(ann, await documents.create(ann, '')), '', '')
  expect(await store.load((await rightAt(ann, copy)).facts.documentId)).toMatchObject({
    headSeq: 0,
    rows: [],
  })
})

test('copying is refused for the same reasons as creating, and if the document is gone', async () => {
  const right = await rightAt(ann, await documents.create(ann, ''))
  await expect(documents.copy(sessionOf('eve', null, false), right, '', '')).rejects.toEqual(
    refusal('forbidden'),
  )
  copied = null
  await expect(documents.copy(bob, right, '', '')).rejects.toEqual(refusal('not-found'))
  await documents.create(ann, '')
  await expect(documents.copy(ann, right, '', '')).rejects.toEqual(refusal('too-many-documents'))
})

async function rightAt(session: Session, address: string): Promise<Right<Role>> {
  const right = await documents.rightOf(session, address)
  if (!right || right.role === 'locked') throw new Error('no right')
  return right as Right<Role>
}
