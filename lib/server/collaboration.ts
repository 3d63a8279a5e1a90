import { createHash } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import type { DocumentStore } from '#lib/collab/document-store.ts'
import type { RoomEvent } from '#lib/collab/events.ts'
import { PresenceRooms } from '#lib/collab/presence/presence-rooms.ts'
import { Rooms } from '#lib/collab/rooms.ts'
import { LinkExpiry } from '#lib/library/link-expiry.ts'
import { LiveAccess } from '#lib/library/live-access.ts'
import { Rights } from '#lib/library/rights.ts'
import type { AccessStore, DocumentCatalog } from '#lib/library/store.ts'
import { Titles } from '#lib/library/titles.ts'
import type { Visits } from '#lib/library/visits.ts'
import type { Ended } from '#lib/people/accounts.ts'
import type { Identities } from '#lib/people/identities.ts'
import { KnownHolders } from '#lib/people/known-holders.ts'
import type { Person } from '#lib/people/person.ts'
import type { Tokens } from '#lib/people/tokens.ts'
import type { Log } from '#lib/process/log.ts'
import type { Settings } from '#lib/process/settings.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import { CHAIN_BYTES } from '#lib/protocol/wire.ts'
import { Folding } from './folding/folding.ts'
import type { LateConnections } from './http/late-connections.ts'
import type { Origins } from './http/origins.ts'
import type { SocketLimits } from './sockets/socket-limits.ts'
import { SocketServer } from './sockets/socket-server.ts'

export interface CollaborationOptions {
  readonly httpServer: HttpServer
  readonly documents: DocumentStore
  readonly catalog: Pick<DocumentCatalog, 'setTitles'>
  readonly visits: Pick<Visits, 'note'>
  readonly access: AccessStore
  readonly identities: Identities
  readonly tokens: Tokens
  readonly origins: Origins
  readonly late: Pick<LateConnections, 'isLate'>
  readonly limits: SocketLimits
  readonly settings: Pick<Settings, 'pingInterval' | 'pingTimeout' | 'roomCacheBytes' | 'presenceOfViewers'>
  readonly log: Log
}

/** People at work on documents: the rooms, who is present in them, and the sockets they come by. */
export class Collaboration {
  readonly #rooms: Rooms
  readonly #presence: PresenceRooms
  readonly #holders: KnownHolders
  readonly #sockets: SocketServer
  readonly #live: LiveAccess
  readonly #linkExpiry: LinkExpiry
  readonly #folding = new Folding()
  readonly #titles: Titles

  constructor(options: CollaborationOptions) {
    const { documents, catalog, visits, access, identities, tokens, limits, settings, log } = options
    const { pingInterval, pingTimeout } = settings
    const holders = new KnownHolders({
      holderOf: (userId, sessionId) => identities.holderOf(userId, sessionId),
      steady: systemClock.steady,
    })
    this.#holders = holders
    const holderOf = async (token: string, { anew }: { anew: boolean }) => {
      const proved = tokens.verify(token)
      if (!proved) return null
      const { userId, sessionId } = proved
      const holder = await (anew ? identities.holderOf(userId, sessionId) : holders.of(userId, sessionId))
      return holder && { ...holder, ...proved }
    }
    const titles = new Titles({
      catalog,
      clock: systemClock,
      onLost: (error) => log.warn({ err: error }, 'catalog.titles-lost'),
    })
    this.#titles = titles
    const rights = new Rights({ access, tokens, now: systemClock.now })
    const sockets = new SocketServer({
      ...options,
      clock: systemClock,
      pingInterval,
      pingTimeout,
      holderOf: (token) => holderOf(token, { anew: false }),
    })
    this.#sockets = sockets
    this.#rooms = new Rooms({
      store: documents,
      wire: sockets.wire,
      clock: systemClock,
      hash: chainHash,
      fold: (job) => this.#folding.fold(job),
      check: (job) => this.#folding.check(job),
      digest: (job) => this.#folding.digest(job),
      foldingSpent: () => this.#folding.spent,
      cacheBytes: settings.roomCacheBytes,
      onEvent: (event) => noteRoomEvent(event, titles, log),
    })
    this.#presence = new PresenceRooms({
      clock: systemClock,
      pingInterval,
      hidesReaders: !settings.presenceOfViewers,
      send: (send) => sockets.sendPresence(send),
      busy: (recipient) => sockets.isBusy(recipient),
    })
    this.#live = new LiveAccess({
      rooms: this.#rooms,
      rights,
      access,
      tellAsked: (connectionId, asked) => sockets.tellAsked(connectionId, asked),
      now: systemClock.now,
      log,
    })
    this.#linkExpiry = new LinkExpiry({
      access,
      clock: systemClock,
      onExpired: (documentId) => this.#live.changed(documentId),
      log,
    })
    void this.#linkExpiry.plan()
    sockets.serve({
      rooms: this.#rooms,
      presence: this.#presence,
      visits,
      rights,
      live: this.#live,
      limits,
      holderOf: (token) => holderOf(token, { anew: true }),
      graceMs: { write: tokens.life / 20, read: tokens.life / 2 },
      pingInterval,
      pingTimeout,
      clock: systemClock,
      log,
    })
  }

  /** Ends a deleted document for everybody who has it open. */
  endDeleted(documentId: string): Promise<void> {
    return this.#rooms.end(documentId, 'deleted')
  }

  /** What is stored of a document's access was changed: resolves when everybody who has it open has their new role. */
  async accessChanged(documentId: string): Promise<void> {
    await Promise.all([this.#live.changed(documentId), this.#linkExpiry.plan()])
  }

  /** Everybody who has a document open, by connection. */
  async present(documentId: string): Promise<{ userId: string; linkId: string }[]> {
    const members = await this.#rooms.membersOf(documentId)
    return members.map(({ connection: { userId }, linkId }) => ({ userId, linkId }))
  }

  /** Closes the sockets of a session or a user that is over. */
  endSockets(ended: Ended): void {
    this.#holders.ended(ended)
    this.#sockets.end(ended)
  }

  /** Shows a person's new name and hue wherever they are. */
  showPerson(person: Person): void {
    this.#holders.renamed(person)
    this.#sockets.rename(person)
    this.#presence.rename(person)
  }

  /** Lets nobody in any more, asks everybody to come back later, commits what waits, closes the sockets. */
  async close(): Promise<void> {
    this.#sockets.drain()
    this.#linkExpiry.close()
    await this.#rooms.close()
    await this.#titles.flush()
    await this.#sockets.close()
    this.#presence.close()
    await this.#folding.close()
  }
}

function chainHash(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest().subarray(0, CHAIN_BYTES))
}

function noteRoomEvent(event: RoomEvent, titles: Titles, log: Log): void {
  if (event.type === 'title-projected') {
    titles.set(event.documentId, event.title)
    return
  }
  const { type, ...about } = event
  const level = type === 'history-behind' || type === 'schema-broken' ? 'warn' : 'error'
  log[level](about, `room.${type}`)
}
