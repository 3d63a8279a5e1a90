import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '#lib/storage/open-store.ts'
import { newDocument, newRow } from '../stored-values.ts'

let dataDir: string
let store: Store
let reader: DatabaseSync

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'commonplace-acl-'))
  store = await openStore({ dataDir })
  reader = new DatabaseSync(join(dataDir, 'commonplace.db'), { readOnly: true })
  const at = new Date(0).toISOString()
  for (const [id, isAnonymous] of [
    ['guest', 1],
    ['account', 0],
    ['ann', 0],
  ] as const) {
    const dated = {
      createdAt: at,
      updatedAt: at,
      emailVerified: 0,
      image: null,
      role: null,
      disabledAt: null,
    }
    const user = {
      id,
      name: id,
      email: `${id}@example.org`,
      isAnonymous,
      guestName: null,
      hue: null,
      ...dated,
    }
    await store.accounts.insertInto('user').values(user).execute()
  }
  await store.catalog.create({ ...newDocument('a'), ownerId: 'guest', linkId: 'l' })
  await store.catalog.create({ ...newDocument('other'), linkId: 'm' })
})
afterAll(async () => {
  reader.close()
  await store.close()
  rmSync(dataDir, { recursive: true })
})

const versionOf = (documentId: string) =>
  Number(reader.prepare('SELECT acl_version AS v FROM documents WHERE id = ?').get(documentId)?.v)

const changes: readonly [string, () => Promise<unknown>][] = [
  ['the role of the link', () => store.access.setLinkRole('a', 'viewer')],
  ['a new link', () => store.access.ensureLinks('a', [{ linkId: 'v', role: 'viewer' }])],
  ['the expiry of a link', () => store.access.changeLink('v', { expiresAt: 5 })],
  ['the password of a link', () => store.access.changeLink('v', { passwordHash: 'hash' })],
  ['a link that is unlocked', () => store.access.unlock('guest', 'v')],
  ['a link that is locked again', () => store.access.changeLink('v', { passwordHash: 'other' })],
  ['a link that is replaced', () => store.access.replaceLink('a', 'viewer', 'w', 9)],
  ['a grant', () => store.access.grant('a', 'ann', 'viewer', 1)],
  ['a changed grant', () => store.access.grant('a', 'ann', 'editor', 2)],
  ['a withdrawn grant', () => store.access.grant('a', 'ann', null, 3)],
  ['a guest who becomes an account', () => store.owners.adoptGuest('guest', 'account', 4)],
  ['deletion', () => store.catalog.delete('a', 'account', 5)],
  ['undeletion', () => store.catalog.undelete('a', 'account')],
]

test.each(changes)('%s raises the access version of its document only', async (_what, change) => {
  const before = versionOf('a')
  const other = versionOf('other')
  await change()
  expect(versionOf('a')).toBeGreaterThan(before)
  expect(versionOf('other')).toBe(other)
})

test('what changes no access leaves it', async () => {
  const before = versionOf('a')
  await store.documents.commit([newRow('a', 1)])
  await store.catalog.setTitles(new Map([['a', 'title']]))
  await store.catalog.recordVisits([{ userId: 'ann', documentId: 'a', linkId: 'l', at: 1 }])
  await store.access.request('a', 'ann', 'editor', 1)
  await store.access.dropRequest('a', 'ann')
  expect(versionOf('a')).toBe(before)
})
