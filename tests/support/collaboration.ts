import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Y from 'yjs'
import { CollabProvider, type CollabProviderOptions } from '#lib/client/collab-provider.ts'
import type { CookieSession } from '#lib/people/cookie-sessions.ts'
import { ClientIps } from '#lib/process/client-ip.ts'
import { HeldBytes } from '#lib/process/held-bytes.ts'
import { createLog, type Log } from '#lib/process/log.ts'
import { NO_RATES, type RateFigures, Rates } from '#lib/process/rates.ts'
import type { GuestPolicy } from '#lib/process/settings.ts'
import type { SharedRole } from '#lib/protocol/identity.ts'
import { buildLibrary } from '#lib/server/build/library.ts'
import { buildPeople, type People } from '#lib/server/build/people.ts'
import { Collaboration } from '#lib/server/collaboration.ts'
import { Origins } from '#lib/server/http/origins.ts'
import { SocketLimits } from '#lib/server/sockets/socket-limits.ts'
import { openStore, type Store } from '#lib/storage/open-store.ts'

const MIB = 1024 * 1024

/** The key that signs tokens here. */
export const SECRET = 'a secret of thirty-two characters'

/** The collaboration side of the server in this process: real sockets, real SQLite, without the pages. */
export interface CollaborationServer {
  readonly url: string
  readonly store: Store
  readonly collaboration: Collaboration
  readonly people: People
  /** Creates a guest. */
  guest(): Promise<CookieSession>
  /** Creates a document of `owner` whose link gives `role`. */
  document(owner: CookieSession, role?: SharedRole): Promise<{ address: string; documentId: string }>
  /** Returns a fresh socket token. */
  token(guest: CookieSession): string
  /** Opens a provider of `guest` on a new Y.Doc (or the one in `options`). */
  open(address: string, guest: CookieSession, options?: Partial<CollabProviderOptions>): CollabProvider
  close(): Promise<void>
}

export interface CollaborationSettings {
  readonly pingInterval?: number
  readonly pingTimeout?: number
  readonly roomCacheBytes?: number
  readonly presenceOfViewers?: boolean
  /** Limits rates and connections as in production, except for these figures, and trusts one proxy. */
  readonly limited?: Partial<RateFigures>
  /** Counts unfinished messages. Default: a new one. */
  readonly held?: HeldBytes
  /** Default: silent. */
  readonly log?: Log
  /** Default: `create`. */
  readonly guests?: GuestPolicy
}

/** The folder and port, to be used again by a later server. */
export interface CollaborationPlace {
  /** `close` leaves it as it is. */
  readonly dataDir: string
  /** 0 for a free one. */
  readonly port: number
  readonly httpServer: Server
}

export async function startCollaboration(
  settings: CollaborationSettings = {},
  place?: CollaborationPlace,
): Promise<CollaborationServer> {
  const dataDir = place?.dataDir ?? (await mkdtemp(join(tmpdir(), 'commonplace-')))
  const store = await openStore({ dataDir })
  const log = settings.log ?? createLog('silent')
  const httpServer = place?.httpServer ?? createServer((_request, response) => response.writeHead(404).end())
  const people = buildPeople({
    store,
    secret: SECRET,
    publicOrigin: 'http://127.0.0.1',
    settings: { guests: settings.guests ?? 'create' },
    connections: { endSockets: (ended) => collaboration.endSockets(ended) },
  })
  const { accounts, tokens } = people
  const library = buildLibrary({
    store,
    secret: SECRET,
    settings: { guestStorageBytes: 100 * MIB, accountStorageBytes: 2000 * MIB },
    freeSpace: { isLow: false },
    log,
  })
  const { addresses } = library
  const collaboration = new Collaboration({
    store,
    people,
    library,
    httpServer,
    origins: new Origins(null),
    late: { isLate: () => false },
    held: settings.held ?? new HeldBytes(),
    limits: new SocketLimits({
      rates: settings.limited ? new Rates(() => performance.now(), settings.limited) : NO_RATES,
      clientIps: new ClientIps(settings.limited ? 1 : 0),
      bounded: settings.limited !== undefined,
    }),
    settings: {
      pingInterval: 10_000,
      pingTimeout: 30_000,
      roomCacheBytes: 64 * MIB,
      presenceOfViewers: true,
      ...settings,
    },
    log,
  })
  await new Promise<void>((resolve) => httpServer.listen(place?.port ?? 0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`
  const token = (guest: CookieSession): string => tokens.issue(guest.profile.userId, guest.sessionId).token
  return {
    url,
    store,
    collaboration,
    people,
    guest: () => accounts.startGuest(),
    async document(owner, role = 'editor') {
      const linkId = addresses.newLinkId()
      const documentId = `document-${linkId}`
      await store.catalog.create({
        documentId,
        lineage: `lineage-${linkId}`,
        ownerId: owner.profile.userId,
        schemaVersion: 1,
        createdAt: Date.now(),
        linkId,
        linkRole: role,
      })
      return { address: addresses.addressOf(linkId), documentId }
    },
    token,
    open(address, guest, options = {}) {
      const auth = async (): Promise<string> => token(guest)
      return new CollabProvider({ url, address, auth, doc: new Y.Doc(), ...options })
    },
    async close() {
      await collaboration.close()
      await store.close()
      if (!place) await rm(dataDir, { recursive: true, force: true })
    },
  }
}
