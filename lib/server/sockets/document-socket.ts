import type { SocketUser } from '#lib/people/authentication.ts'
import type { Profile } from '#lib/people/profile.ts'
import type { DownEvents } from '#lib/protocol/messages/down.ts'
import type { SocketKeys } from './socket-limits.ts'

/** A socket's user, as proved by its handshake, and what else is known of the socket. */
export interface SocketData extends SocketUser {
  profile: Profile
  readonly sessionId: string
  readonly tab: string
  /** Number of this connection among those of the tab; the higher one wins. */
  readonly connection: number
  /** The user and the IP address that the socket's messages count for. */
  readonly keys: SocketKeys
  /** End of the handshake's token, ms since the epoch. */
  readonly expiresAt: number
}

/** The parts of a Socket.IO socket that a connection uses. */
export interface DocumentSocket {
  readonly data: SocketData
  /** The engine.io connection below it (`socket-internals.ts`). */
  readonly conn: { readonly transport: { readonly writable: boolean }; close(discard?: boolean): void }
  emit<E extends keyof DownEvents>(event: E, ...args: Parameters<DownEvents[E]>): unknown
  disconnect(close?: boolean): unknown
}
