import { accessAsked, documentRole } from './access.ts'
import { documentChunk } from './history.ts'
import { documentReset } from './join.ts'
import type { DownListener } from './message.ts'
import { serverDrain, serverNotice } from './notices.ts'
import { presenceDiff } from './presence.ts'
import { documentAck, documentRow } from './update.ts'

/** All messages from server to client. */
export const DOWN = [
  documentRow,
  documentAck,
  documentChunk,
  documentReset,
  documentRole,
  accessAsked,
  presenceDiff,
  serverNotice,
  serverDrain,
] as const

export type Down = (typeof DOWN)[number]

/** Socket.IO's event map, server to client. */
export type DownEvents = { [M in Down as M['name']]: DownListener<M> }
