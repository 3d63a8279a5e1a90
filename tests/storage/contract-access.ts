import { beforeEach, describe, expect, test } from 'vitest'
import type { StoreOfEachTest } from './store-under-test.ts'
import { newDocument } from './stored-values.ts'

/** The contract of an AccessStore. */
export function accessContract(store: StoreOfEachTest): void {
  describe('access', () => {
    const live = async (documentId: string) =>
      (await store.access.sharing(documentId)).links.map(({ linkId, role }) => `${role} ${linkId}`)

    beforeEach(() => store.catalog.create(newDocument('d')))

    test('a new document has one link, and its holders have the role it gives', async () => {
      expect(await store.factsOf('link of d', 'bob')).toEqual({
        documentId: 'd',
        lineage: 'lineage of d',
        ownerId: 'ann',
        title: '',
        deletedAt: null,
        linkRole: 'editor',
        grant: null,
        link: {
          linkId: 'link of d',
          role: 'editor',
          expiresAt: null,
          hasPassword: false,
          revoked: false,
          unlocked: false,
        },
      })
      expect(await store.access.facts([{ linkId: 'none', userId: 'bob' }])).toEqual([null])
    })

    test('there is one live link of each role', async () => {
      await store.access.ensureLinks('d', [
        { linkId: 'v', role: 'viewer' },
        { linkId: 'e', role: 'editor' },
      ])
      await store.access.ensureLinks('d', [{ linkId: 'w', role: 'viewer' }])
      expect(await live('d')).toEqual(['editor link of d', 'viewer v'])
      await expect(store.access.ensureLinks('nowhere', [{ linkId: 'x', role: 'viewer' }])).rejects.toThrow()
    })

    test('a replaced link keeps password and expiry, and the owner’s visit moves to it', async () => {
      await store.catalog.recordVisits([{ userId: 'ann', documentId: 'd', linkId: 'link of d', at: 10 }])
      await store.catalog.recordVisits([{ userId: 'bob', documentId: 'd', linkId: 'link of d', at: 10 }])
      await store.access.changeLink('link of d', { expiresAt: 100, passwordHash: 'hash' })
      await store.access.unlock('bob', 'link of d')
      await store.access.replaceLink('d', 'editor', 'next', 99)
      expect(await live('d')).toEqual(['editor next'])
      expect(await store.factsOf('link of d', 'bob')).toMatchObject({
        link: { revoked: true, unlocked: true },
      })
      const next = await store.factsOf('next', 'bob')
      expect(next?.link).toMatchObject({ expiresAt: 100, hasPassword: true, unlocked: false })
      expect(await store.access.passwordHash('next')).toBe('hash')
      expect(await store.access.visitors('d', 10)).toEqual([
        { userId: 'ann', linkId: 'next' },
        { userId: 'bob', linkId: 'link of d' },
      ])
      await store.access.replaceLink('d', 'editor', 'third', 100)
      expect((await store.factsOf('third'))?.link.expiresAt).toBeNull()
    })

    test('a new password locks a link again for everyone', async () => {
      await store.access.changeLink('link of d', { passwordHash: 'one' })
      await store.access.unlock('bob', 'link of d')
      await store.access.changeLink('link of d', { expiresAt: 100 })
      expect((await store.factsOf('link of d', 'bob'))?.link).toMatchObject({
        hasPassword: true,
        unlocked: true,
      })
      expect((await store.factsOf('link of d', 'eve'))?.link.unlocked).toBe(false)
      await store.access.changeLink('link of d', { passwordHash: 'two' })
      expect((await store.factsOf('link of d', 'bob'))?.link.unlocked).toBe(false)
      await store.access.changeLink('link of d', { passwordHash: null })
      expect((await store.factsOf('link of d', 'bob'))?.link).toMatchObject({
        hasPassword: false,
        expiresAt: 100,
      })
    })

    test('a grant is for one user, the newest counts, and it answers their request', async () => {
      await store.access.request('d', 'bob', 'commenter', 5)
      await store.access.request('d', 'bob', 'editor', 6)
      await store.access.request('d', 'eve', 'editor', 7)
      expect((await store.access.sharing('d')).requests).toEqual([
        { userId: 'bob', role: 'editor', at: 6 },
        { userId: 'eve', role: 'editor', at: 7 },
      ])
      await store.access.grant('d', 'bob', 'viewer', 8)
      await store.access.grant('d', 'bob', 'commenter', 9)
      await store.access.dropRequest('d', 'eve')
      const grants = [{ userId: 'bob', role: 'commenter', at: 9 }]
      expect(await store.access.sharing('d')).toMatchObject({ grants, requests: [] })
      expect((await store.factsOf('link of d', 'bob'))?.grant).toBe('commenter')
      expect((await store.factsOf('link of d', 'eve'))?.grant).toBeNull()
      await store.access.grant('d', 'bob', null, 10)
      expect((await store.factsOf('link of d', 'bob'))?.grant).toBeNull()
    })

    test('the highest role that links give is kept, also if it is none', async () => {
      await store.access.setLinkRole('d', 'viewer')
      expect((await store.factsOf('link of d'))?.linkRole).toBe('viewer')
      await store.access.setLinkRole('d', null)
      expect((await store.factsOf('link of d'))?.linkRole).toBeNull()
    })

    test('the next expiry of a link is found, and the documents whose links have expired', async () => {
      await store.catalog.create(newDocument('e'))
      await store.access.changeLink('link of d', { expiresAt: 100 })
      await store.access.changeLink('link of e', { expiresAt: 200 })
      expect(await store.access.nextExpiry(99)).toBe(100)
      expect(await store.access.nextExpiry(100)).toBe(200)
      expect(await store.access.nextExpiry(200)).toBeNull()
      expect(await store.access.expiredIn(99, 100)).toEqual(['d'])
      expect(await store.access.expiredIn(100, 200)).toEqual(['e'])
      await store.access.replaceLink('e', 'editor', 'next', 300)
      expect(await store.access.expiredIn(0, 300)).toEqual(['d'])
    })

    test('nothing is written for a document that no longer exists', async () => {
      await store.access.grant('nowhere', 'bob', 'editor', 1)
      await store.access.request('nowhere', 'bob', 'editor', 1)
      await store.access.replaceLink('nowhere', 'editor', 'link', 1)
      await store.access.unlock('bob', 'nowhere')
      expect(await store.access.sharing('nowhere')).toEqual({ links: [], grants: [], requests: [] })
      expect(await store.factsOf('link')).toBeNull()
    })
  })
}
