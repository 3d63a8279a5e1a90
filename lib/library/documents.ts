import { randomBytes } from 'node:crypto'
import type { Session } from '#lib/people/session.ts'
import type { Rates } from '#lib/process/rates.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { Identity } from '#lib/protocol/identity.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import type { Addresses } from './addresses.ts'
import type { DocumentsContract, RecentDocument, Right, TrashedDocument } from './contract.ts'
import type { OpenDocuments } from './open-documents.ts'
import type { Rights } from './rights.ts'
import type { StorageUse } from './storage-use.ts'
import type { AccessFacts, AccessStore, DocumentCatalog } from './store.ts'
import { TRASH_LIFE } from './trash.ts'
import type { Visits } from './visits.ts'

/** The number of documents in the list of the front page. */
const RECENT_COUNT = 50

export interface DocumentsPorts {
  readonly access: Pick<AccessStore, 'facts'>
  readonly addresses: Addresses
  readonly catalog: Pick<
    DocumentCatalog,
    'countOwned' | 'create' | 'delete' | 'trashOf' | 'undelete' | 'erase'
  >
  readonly clock: Pick<Clock, 'now'>
  readonly openDocuments: Pick<OpenDocuments, 'endDeleted' | 'restored'>
  readonly rates: Pick<Rates, 'take'>
  readonly rights: Rights
  readonly storageUse: Pick<StorageUse, 'refusalOf' | 'freed'>
  readonly visits: Visits
  /** The most documents that one user may own, and the most that their trash may hold. */
  readonly documentsPerUser: number
}

/** Creates, lists, deletes, restores and erases documents, over the catalog. */
export class Documents implements DocumentsContract {
  readonly #ports: DocumentsPorts

  constructor(ports: DocumentsPorts) {
    this.#ports = ports
  }

  rightOf(session: Session | null, address: string): Promise<Right | null> {
    return this.#ports.rights.at(address, session?.user.userId ?? null, session?.cap ?? null)
  }

  async create({ user, standing, mayCreate }: Session, ip: string): Promise<string> {
    if (!mayCreate) throw new RefusedRequest(refuse('forbidden', 'this session makes no documents'))
    const { addresses, catalog, clock, rates, storageUse, visits, documentsPerUser } = this.#ports
    const { listed, inTrash } = await catalog.countOwned(user.userId)
    if (listed >= documentsPerUser || inTrash >= documentsPerUser) {
      throw new RefusedRequest(
        refuse('too-many-documents', 'you own as many documents as one may; delete and erase some first'),
      )
    }
    const full = await storageUse.refusalOf(user.userId, standing === 'guest')
    if (full) throw new RefusedRequest(full)
    const wait = rates.take('documents', { ip })
    if (wait > 0) {
      const message = 'as many documents were made from your network within a day as may be; try again later'
      throw new RefusedRequest(refuse('too-many-documents', message, wait))
    }
    const documentId = newId()
    const linkId = addresses.newLinkId()
    await catalog.create({
      documentId,
      lineage: newId(),
      ownerId: user.userId,
      schemaVersion: SCHEMA_VERSION,
      createdAt: clock.now(),
      linkId,
      linkRole: 'editor',
    })
    visits.note(user.userId, documentId, linkId)
    return addresses.addressOf(linkId)
  }

  async recent({ user: { userId } }: Session): Promise<RecentDocument[]> {
    const { addresses, rights, visits } = this.#ports
    const listed = await visits.listFor(userId, RECENT_COUNT)
    const judged = await rights.of(listed.map(({ linkId }) => ({ linkId, userId })))
    // Hide the titles of documents that the user can no longer open.
    const open = listed.filter((_, i) => judged[i] && judged[i].role !== 'locked')
    return open.map(({ linkId, title, owned, updatedAt, visitedAt }) => ({
      address: addresses.addressOf(linkId),
      title,
      owned,
      updatedAt,
      visitedAt,
    }))
  }

  async delete({ user }: Session, address: string): Promise<'deleted' | 'forgotten' | 'unknown'> {
    const facts = await this.#facts(address, user)
    if (!facts || facts.deletedAt !== null) return 'unknown'
    if (facts.ownerId === user.userId) {
      await this.deleteAs(facts.documentId, user.userId)
      return 'deleted'
    }
    await this.#ports.visits.forget(user.userId, facts.documentId)
    return 'forgotten'
  }

  /** Moves a document to the trash on behalf of its owner and closes it for everyone. Idempotent. */
  async deleteAs(documentId: string, ownerId: string): Promise<void> {
    const { catalog, clock, openDocuments } = this.#ports
    await catalog.delete(documentId, ownerId, clock.now())
    await openDocuments.endDeleted(documentId)
  }

  async trash({ user }: Session): Promise<TrashedDocument[]> {
    const { addresses, catalog } = this.#ports
    const trashed = await catalog.trashOf(user.userId)
    return trashed.map(({ linkId, title, deletedAt }) => ({
      address: addresses.addressOf(linkId),
      title,
      deletedAt,
      erasedAt: deletedAt + TRASH_LIFE,
    }))
  }

  async undelete({ user }: Session, address: string): Promise<boolean> {
    const { catalog, openDocuments } = this.#ports
    const facts = await this.#facts(address, user)
    if (!facts || !(await catalog.undelete(facts.documentId, user.userId))) return false
    openDocuments.restored(facts.documentId)
    return true
  }

  async erase({ user }: Session, address: string): Promise<boolean> {
    const facts = await this.#facts(address, user)
    if (!facts || !(await this.#ports.catalog.erase(facts.documentId, user.userId))) return false
    await this.#ports.storageUse.freed(user.userId)
    return true
  }

  /** Returns the facts stored about a link, whether or not it opens the document. The catalog checks the owner. */
  async #facts(address: string, { userId }: Identity): Promise<AccessFacts | null> {
    const linkId = this.#ports.addresses.linkIdIn(address)
    if (linkId === null) return null
    const [facts] = await this.#ports.access.facts([{ linkId, userId }])
    return facts ?? null
  }
}

function newId(): string {
  return randomBytes(16).toString('base64url')
}
