import type { Server as HttpServer } from 'node:http'
import type { DocumentStore } from '#lib/collab/document-store.ts'
import type { RoomEvent } from '#lib/collab/events.ts'
import { Rooms } from '#lib/collab/rooms.ts'
import { LiveAccess } from '#lib/library/live-access.ts'
import type { CopiedContent, OpenDocuments } from '#lib/library/open-documents.ts'
import { Titles } from '#lib/library/titles.ts'
import type { Profile } from '#lib/people/profile.ts'
import { RecentSocketUsers } from '#lib/people/recent-socket-users.ts'
import type { Ended, LiveConnections } from '#lib/people/session.ts'
import type { HeldBytes } from '#lib/process/held-bytes.ts'
import type { Log } from '#lib/process/log.ts'
import type { Settings } from '#lib/process/settings.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import type { Store } from '#lib/storage/open-store.ts'
import type { Library } from './build/library.ts'
import type { People } from './build/people.ts'
import { chainHash } from './chain-hash.ts'
import { Folding } from './folding/folding.ts'
import type { Origins } from './http/origins.ts'
import type { SocketLimits } from './sockets/socket-limits.ts'
import { SocketServer, type SocketServerOptions } from './sockets/socket-server.ts'
import { SocketUsers } from './sockets/socket-users.ts'

export interface CollaborationOptions {
  readonly httpServer: HttpServer
  readonly store: Pick<Store, 'documents' | 'catalog' | 'access'>
  readonly people: Pick<People, 'authentication' | 'tokens'>
  readonly library: Pick<Library, 'rights' | 'storageUse' | 'visits'>
  readonly origins: Origins
  readonly late: SocketServerOptions['late']
  readonly limits: SocketLimits
  readonly held: Pick<HeldBytes, 'add'>
  readonly settings: Pick<Settings, 'pingInterval' | 'pingTimeout' | 'roomCacheBytes' | 'presenceOfViewers'>
  readonly log: Log
}

/** Open documents: the rooms, their members' sockets, and live access. */
export class Collaboration implements OpenDocuments, LiveConnections {
  readonly #rooms: Rooms
  readonly #recent: RecentSocketUsers
  readonly #sockets: SocketServer
  readonly #live: LiveAccess
  readonly #folding = new Folding()
  readonly #titles: Titles
  readonly #documents: Pick<DocumentStore, 'load' | 'readSnapshot'>

  constructor(options: CollaborationOptions) {
    const { limits, settings, log } = options
    const { documents, catalog, access } = options.store
    this.#documents = documents
    const { authentication, tokens } = options.people
    const { rights, storageUse, visits } = options.library
    const { pingInterval, pingTimeout } = settings
    const recent = new RecentSocketUsers({ authentication, clock: systemClock })
    this.#recent = recent
    const users = new SocketUsers(tokens, authentication, recent)
    const titles = new Titles({
      catalog,
      clock: systemClock,
      onLost: (error) => log.warn({ err: error }, 'catalog.titles-lost'),
    })
    this.#titles = titles
    const sockets = new SocketServer({
      ...options,
      clock: systemClock,
      pingInterval,
      pingTimeout,
      users,
    })
    this.#sockets = sockets
    this.#rooms = new Rooms({
      store: documents,
      clock: systemClock,
      hash: chainHash,
      folding: this.#folding,
      titles,
      presence: { pingInterval, hidesReaders: !settings.presenceOfViewers },
      cacheBytes: settings.roomCacheBytes,
      budgets: storageUse,
      onEvent: (event) => noteRoomEvent(event, log),
    })
    this.#live = new LiveAccess({
      rooms: this.#rooms,
      rights,
      access,
      clock: systemClock,
      log,
    })
    sockets.serve({
      rooms: this.#rooms,
      visits,
      rights,
      live: this.#live,
      limits,
      users,
      graceMs: { write: tokens.life / 20, read: tokens.life / 2 },
      pingInterval,
      pingTimeout,
      clock: systemClock,
      log,
    })
  }

  endDeleted(documentId: string): Promise<void> {
    return this.#rooms.end(documentId, 'deleted')
  }

  restored(documentId: string): void {
    this.#sockets.restored(documentId)
  }

  accessChanged(documentId: string): Promise<void> {
    return this.#live.changed(documentId)
  }

  async copyOf(documentId: string, title: string): Promise<CopiedContent | null> {
    const document = await this.#documents.load(documentId)
    if (!document || document.deletedAt !== null) return null
    const { schemaVersion } = document
    const snapshot = document.snapshot ? await this.#documents.readSnapshot(documentId) : null
    const rows = document.rows.filter(({ seq }) => seq > (snapshot?.seq ?? 0)).map(({ entries }) => entries)
    const job = { state: snapshot?.state ?? null, rows, ours: schemaVersion <= SCHEMA_VERSION, title }
    return { ...(await this.#folding.copy(job)), schemaVersion }
  }

  async present(documentId: string): Promise<{ userId: string; linkId: string }[]> {
    const seats = await this.#rooms.seatsOf(documentId)
    return Array.from(seats, ({ connection: { userId }, linkId }) => ({ userId, linkId }))
  }

  endSockets(ended: Ended): void {
    this.#recent.ended(ended)
    this.#sockets.end(ended)
  }

  showProfile(profile: Profile): void {
    this.#recent.renamed(profile)
    this.#sockets.rename(profile)
    this.#rooms.rename(profile)
  }

  /** Asks clients to come back later, refuses new sockets, commits waiting entries, closes the sockets. */
  async close(): Promise<void> {
    this.#sockets.drain()
    await this.#rooms.close()
    await this.#titles.flush()
    await this.#sockets.close()
    await this.#folding.close()
  }
}

function noteRoomEvent(event: RoomEvent, log: Log): void {
  const { type, ...about } = event
  const level = type === 'history-behind' || type === 'schema-broken' ? 'warn' : 'error'
  log[level](about, `room.${type}`)
}
