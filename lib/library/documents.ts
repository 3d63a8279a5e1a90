import { randomBytes } from 'node:crypto'
import type { Session } from '#lib/people/session.ts'
import type { Rates } from '#lib/process/rates.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { REFUSALS, RefusedRequest, refuse } from '#lib/protocol/errors.ts'
import type { Identity, Role } from '#lib/protocol/identity.ts'
import {
  type ChainHash,
  chainAfter,
  EMPTY_CHAIN,
  ENTRY_BODY_UPDATE,
  encodeEntries,
} from '#lib/protocol/log-row.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import type { Addresses } from './addresses.ts'
import type { DocumentsContract, RecentDocument, Right, TrashedDocument } from './contract.ts'
import type { OpenDocuments } from './open-documents.ts'
import type { Rights } from './rights.ts'
import type { StorageUse } from './storage-use.ts'
import type { AccessFacts, AccessStore, DocumentCatalog, FirstRow } from './store.ts'
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
  readonly hash: ChainHash
  readonly openDocuments: Pick<OpenDocuments, 'copyOf' | 'endDeleted' | 'restored'>
  readonly rates: Pick<Rates, 'take'>
  readonly rights: Rights
  readonly storageUse: Pick<StorageUse, 'changed' | 'refusalOf'>
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

  async create(session: Session, ip: string): Promise<string> {
    await this.#mayCreate(session, ip)
    return this.#create(session, SCHEMA_VERSION)
  }

  async copy(session: Session, { facts }: Right<Role>, title: string, ip: string): Promise<string> {
    await this.#mayCreate(session, ip)
    const { openDocuments, rates, storageUse, hash } = this.#ports
    const content = await openDocuments.copyOf(facts.documentId, title)
    if (!content) throw new RefusedRequest(REFUSALS.notFound)
    const { update, clientId, schemaVersion } = content
    if (update === null) return this.#create(session, schemaVersion)
    const { userId } = session.user
    const full = await storageUse.refusalOf(userId, session.standing === 'guest', update.length)
    if (full) throw new RefusedRequest(full)
    // A copy costs as much as typing it would.
    const wait = rates.take('bytes', { session: session.sessionId, ip }, update.length)
    if (wait > 0)
      throw new RefusedRequest(refuse('rate-limited', 'too much was copied; try again later', wait))
    const entry = { kind: ENTRY_BODY_UPDATE, clientId, n: 1, user: userId, updates: [update] }
    const entries = encodeEntries([entry])
    const chain = chainAfter(hash, EMPTY_CHAIN, 1, entries)
    const address = await this.#create(session, schemaVersion, { title: content.title, chain, entries })
    await storageUse.changed(userId)
    return address
  }

  /** Throws RefusedRequest if the user may not create a document now. Counts it against their network. */
  async #mayCreate({ user, standing, mayCreate }: Session, ip: string): Promise<void> {
    if (!mayCreate) throw new RefusedRequest(refuse('forbidden', 'this session makes no documents'))
    const { catalog, rates, storageUse, documentsPerUser } = this.#ports
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
  }

  async #create({ user }: Session, schemaVersion: number, first?: FirstRow): Promise<string> {
    const { addresses, catalog, clock, visits } = this.#ports
    const documentId = newId()
    const linkId = addresses.newLinkId()
    await catalog.create({
      documentId,
      lineage: newId(),
      ownerId: user.userId,
      schemaVersion,
      createdAt: clock.now(),
      linkId,
      linkRole: 'editor',
      ...(first ? { first } : {}),
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
    await this.#ports.storageUse.changed(user.userId)
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
