import { START_FLAGS } from '../support/start-flags.ts'
import { joinCommonplace } from './dialects/commonplace.ts'
import { joinSocketIoRelay, joinWsRelay } from './dialects/relays.ts'
import { joinYSocketIo } from './dialects/y-socket-io.ts'
import { joinHocuspocus, joinYWebsocket } from './dialects/y-websocket.ts'
import type { Join } from './seat.ts'

export interface System {
  readonly name: string
  /** A file of servers/. */
  readonly entry: string
  /** Flags for Node. */
  readonly flags?: readonly string[]
  /** True if it keeps its documents on disk. */
  readonly durable: boolean
  /** True if it keeps its documents at all: a relay has nothing for late joiners. */
  readonly keeps: boolean
  readonly join: Join
}

export const SYSTEMS: readonly System[] = [
  {
    name: 'commonplace',
    entry: 'commonplace.ts',
    flags: START_FLAGS,
    durable: true,
    keeps: true,
    join: joinCommonplace,
  },
  { name: 'y-socket.io', entry: 'y-socket-io.mjs', durable: false, keeps: true, join: joinYSocketIo },
  { name: 'y-websocket', entry: 'y-websocket.mjs', durable: false, keeps: true, join: joinYWebsocket },
  { name: 'hocuspocus', entry: 'hocuspocus.mjs', durable: false, keeps: true, join: joinHocuspocus },
  { name: 'hocuspocus-sqlite', entry: 'hocuspocus.mjs', durable: true, keeps: true, join: joinHocuspocus },
  { name: 'ws-relay', entry: 'ws-relay.mjs', durable: false, keeps: false, join: joinWsRelay },
  {
    name: 'socket.io-relay',
    entry: 'socket-io-relay.ts',
    durable: false,
    keeps: false,
    join: joinSocketIoRelay,
  },
]
