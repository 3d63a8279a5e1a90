import type { AccessFacts, AccessKey, AccessStore, StoredGrant, StoredSharing } from '#lib/library/store.ts'
import type { SharedRole } from '#lib/protocol/identity.ts'
import { byText, keyOf, type MemoryGrant, type MemoryLink, newLink, noTables } from './memory-tables.ts'

/** The AccessStore of MemoryStore, over its tables. */
export abstract class MemoryAccess implements AccessStore {
  protected tables = noTables()

  async facts(keys: readonly AccessKey[]): Promise<(AccessFacts | null)[]> {
    const { documents, links, grants, unlocks } = this.tables
    return keys.map(({ linkId, userId }) => {
      const link = links.get(linkId)
      const document = link && documents.get(link.documentId)
      if (!document) return null
      const { documentId, lineage, ownerId, title, deletedAt, linkRole } = document
      const { role, expiresAt, passwordHash, revoked } = link
      const unlocked = unlocks.has(keyOf(linkId, userId))
      return {
        ...{ documentId, lineage, ownerId, title, deletedAt, linkRole },
        grant: grants.get(keyOf(documentId, userId))?.role ?? null,
        link: { linkId, role, expiresAt, hasPassword: passwordHash !== null, revoked, unlocked },
      }
    })
  }

  async sharing(documentId: string): Promise<StoredSharing> {
    const { links, grants, requests } = this.tables
    const given = (table: Map<string, MemoryGrant>): StoredGrant[] =>
      [...table.values()]
        .filter((each) => each.documentId === documentId)
        .map(({ userId, role, at }) => ({ userId, role, at }))
        .sort((a, b) => a.at - b.at || byText(a.userId, b.userId))
    return {
      links: [...links.values()]
        .filter((link) => link.documentId === documentId && !link.revoked)
        .map(({ linkId, role, expiresAt, passwordHash }) => ({
          ...{ linkId, role, expiresAt },
          hasPassword: passwordHash !== null,
        }))
        .sort((a, b) => byText(a.linkId, b.linkId)),
      grants: given(grants),
      requests: given(requests),
    }
  }

  async visitors(documentId: string, limit: number): Promise<AccessKey[]> {
    return [...this.tables.visits.values()]
      .filter((visit) => visit.documentId === documentId)
      .sort((a, b) => b.at - a.at || byText(a.userId, b.userId))
      .slice(0, limit)
      .map(({ linkId, userId }) => ({ linkId, userId }))
  }

  async setLinkRole(documentId: string, role: SharedRole | null): Promise<void> {
    const document = this.tables.documents.get(documentId)
    if (document) this.tables.documents.set(documentId, { ...document, linkRole: role })
  }

  async ensureLinks(
    documentId: string,
    made: readonly { linkId: string; role: SharedRole }[],
  ): Promise<void> {
    const { documents, links } = this.tables
    if (!documents.has(documentId)) throw new Error('no such document')
    for (const { linkId, role } of made) {
      if (!this.#liveLink(documentId, role)) links.set(linkId, newLink(linkId, documentId, role))
    }
  }

  async changeLink(
    linkId: string,
    change: { readonly expiresAt?: number | null; readonly passwordHash?: string | null },
  ): Promise<void> {
    const { links, unlocks } = this.tables
    const link = links.get(linkId)
    if (!link) return
    links.set(linkId, { ...link, ...change })
    if (change.passwordHash === undefined) return
    for (const [key, unlock] of unlocks) if (unlock.linkId === linkId) unlocks.delete(key)
  }

  async replaceLink(documentId: string, role: SharedRole, linkId: string, at: number): Promise<void> {
    const { documents, links, visits } = this.tables
    const document = documents.get(documentId)
    if (!document) return
    const old = this.#liveLink(documentId, role)
    if (old) links.set(old.linkId, { ...old, revoked: true })
    const made = newLink(linkId, documentId, role)
    const expiresAt = old?.expiresAt ?? null
    links.set(linkId, {
      ...made,
      expiresAt: expiresAt !== null && expiresAt > at ? expiresAt : null,
      passwordHash: old?.passwordHash ?? null,
    })
    const key = keyOf(document.ownerId, documentId)
    const visit = visits.get(key)
    if (old && visit?.linkId === old.linkId) visits.set(key, { ...visit, linkId })
  }

  async passwordHash(linkId: string): Promise<string | null> {
    return this.tables.links.get(linkId)?.passwordHash ?? null
  }

  async unlock(userId: string, linkId: string): Promise<void> {
    const { links, unlocks } = this.tables
    if (links.has(linkId)) unlocks.set(keyOf(linkId, userId), { linkId, userId })
  }

  async grant(documentId: string, userId: string, role: SharedRole | null, at: number): Promise<void> {
    const { grants } = this.tables
    await this.dropRequest(documentId, userId)
    if (role === null) grants.delete(keyOf(documentId, userId))
    else this.#give(grants, { documentId, userId, role, at })
  }

  async request(documentId: string, userId: string, role: SharedRole, at: number): Promise<void> {
    this.#give(this.tables.requests, { documentId, userId, role, at })
  }

  async dropRequest(documentId: string, userId: string): Promise<void> {
    this.tables.requests.delete(keyOf(documentId, userId))
  }

  async nextExpiry(at: number): Promise<number | null> {
    const ends = this.#ends().filter(({ expiresAt }) => expiresAt > at)
    return ends.length === 0 ? null : Math.min(...ends.map(({ expiresAt }) => expiresAt))
  }

  async expiredIn(after: number, upto: number): Promise<string[]> {
    const ended = this.#ends().filter(({ expiresAt }) => expiresAt > after && expiresAt <= upto)
    return [...new Set(ended.map(({ documentId }) => documentId))].sort(byText)
  }

  #ends(): { documentId: string; expiresAt: number }[] {
    return [...this.tables.links.values()].flatMap(({ documentId, expiresAt, revoked }) =>
      expiresAt === null || revoked ? [] : [{ documentId, expiresAt }],
    )
  }

  #liveLink(documentId: string, role: SharedRole): MemoryLink | undefined {
    const links = [...this.tables.links.values()]
    return links.find((link) => link.documentId === documentId && link.role === role && !link.revoked)
  }

  #give(table: Map<string, MemoryGrant>, grant: MemoryGrant): void {
    const { documentId, userId } = grant
    if (this.tables.documents.has(documentId)) table.set(keyOf(documentId, userId), grant)
  }
}
