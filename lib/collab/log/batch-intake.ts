import { MalformedBody, unpinned } from '#lib/protocol/body.ts'
import type { Clock } from '#lib/protocol/clock.ts'
import { type ErrorCode, type Refusal, refuse } from '#lib/protocol/errors.ts'
import { mayEdit } from '#lib/protocol/identity.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { decodeUpdates, ENTRY_BODY_UPDATE } from '#lib/protocol/log-row.ts'
import type { BatchBody } from '#lib/protocol/messages/update.ts'
import { SCHEMA_VERSION } from '#lib/protocol/version.ts'
import type { Assemblies } from '../assembly.ts'
import type { Budget } from '../budget.ts'
import { ROW_COST } from '../document-store.ts'
import { checkUpdates } from '../gate/update-gate.ts'
import { type Connection, isUser, type Seat, type Seats } from '../seats.ts'
import type { ClientNumbers } from './client-numbers.ts'
import type { PendingEntries } from './pending-entries.ts'
import type { RoomHistory } from './room-history.ts'

/**
 * The outcome of a part of a batch. `committed`: the batch is in the log already, and this is the client's last batch
 * there. *waits*: no answer is due. *added*: it goes to disk. *held*: it goes to disk after a check against the
 * schema.
 */
export type BatchOutcome = Refusal | { readonly committed: number } | 'waits' | 'added' | 'held'

/** The parts of a room that a batch is judged by and added to. */
interface IntakePorts {
  readonly seats: Pick<Seats, 'isTaken'>
  readonly assemblies: Assemblies
  readonly clients: ClientNumbers
  readonly history: Pick<RoomHistory, 'bytes'>
  readonly pending: PendingEntries
  readonly budget: Budget
  readonly clock: Pick<Clock, 'now'>
}

/** Maximum bytes of one document that are accepted and not on disk; beyond them clients are asked to wait. */
const WAITING_BYTES = 16 * 1024 * 1024
/** The time after a restore in which structs of other clients may be uploaded again, ms. */
const RESTORE_WINDOW_MS = 30 * 24 * 3600 * 1000

export const CLIENT_ID_TAKEN = refuse(
  'client-id-taken',
  'make a new Y.Doc: this client id belongs to somebody else',
)

/** Decides what may be appended to one document. Never throws on outside input. */
export class BatchIntake {
  readonly #restoredAt: number | null
  readonly #ports: IntakePorts

  constructor(restoredAt: number | null, ports: IntakePorts) {
    this.#restoredAt = restoredAt
    this.#ports = ports
  }

  /** Takes one part of one batch. `schemaVersion` is the document's. */
  take(seat: Seat, body: BatchBody, schemaVersion: number): BatchOutcome {
    const { clients } = this.#ports
    if (!mayEdit(seat.role)) return refuse('read-only', 'you may read this document, not change it')
    // A newer schema cannot be checked here: the client has a page of another server.
    if (seat.schemaVersion < schemaVersion || seat.schemaVersion > SCHEMA_VERSION) {
      return refuse(
        'schema-too-old',
        'reload: the document needs the version of the editor that this server has',
      )
    }
    if (this.isTaken(body.clientId, seat.connection)) return CLIENT_ID_TAKEN
    const last = clients.acceptedOf(body.clientId)
    if (clients.ownerOf(body.clientId) !== null) {
      const committed = clients.committedOf(body.clientId)
      if (body.n <= committed) return { committed }
      if (body.n <= last) return 'waits' // its frame is on the way, and is the answer
    }
    // Only a batch that holds everything its client has may skip numbers: it includes the skipped batches.
    if (body.n < 1 || (body.n > last + 1 && !body.restore)) {
      return refuse('rewind', `send again from batch ${last + 1}`)
    }
    const payload = this.#assemble(seat, body)
    if (payload === null) return 'waits'
    return payload instanceof Uint8Array ? this.#append(seat, body, payload, schemaVersion) : payload
  }

  /** Returns true if a client id is bound in the log to another user, or in use by a member of another user. */
  isTaken(clientId: number, connection: Connection): boolean {
    const owner = this.#ports.clients.ownerOf(clientId)
    return owner === null ? this.#ports.seats.isTaken(clientId, connection) : !isUser(connection, owner)
  }

  #append(seat: Seat, body: BatchBody, payload: Uint8Array, schemaVersion: number): BatchOutcome {
    const { clients, history, pending } = this.#ports
    if (pending.bytes + payload.length > WAITING_BYTES) {
      return refuse('storage-slow', 'more is waiting for the disk than may; send it again', 1000)
    }
    let updates: Uint8Array[]
    try {
      // The updates are views of the payload, and may wait long.
      updates = decodeUpdates(unpinned(payload))
    } catch (error) {
      if (error instanceof MalformedBody) return refuse('invalid-update', error.message)
      throw error
    }
    if (updates.length === 0) return refuse('invalid-update', 'a batch holds at least one update')
    const { clientId, n, restore } = body
    const clocks = { get: (each: number) => clients.clockOf(each) }
    const checked = checkUpdates(updates, { clientId, clocks, restore })
    if (!checked.ok) return refuse(checked.code satisfies ErrorCode, checked.message)
    // A batch that only deletes makes room.
    if (checked.clocks.size > 0 && history.bytes + pending.bytes + payload.length > LIMITS.documentBytes) {
      return refuse(
        'document-full',
        `a document holds at most ${LIMITS.documentBytes} bytes; begin another one`,
      )
    }
    if (![...checked.clocks.keys()].every((author) => this.#mayBring(seat.connection, body, author))) {
      return refuse('foreign-client', 'a batch holds structs of its own client id only')
    }
    const unpaid = checked.clocks.size > 0 ? this.#ports.budget.spend(payload.length + ROW_COST) : null
    if (unpaid) return unpaid
    const user = clients.accept(clientId, seat.connection.userId, n, checked.clocks)
    const { types } = checked
    const held = pending.add(
      {
        entry: { kind: ENTRY_BODY_UPDATE, clientId, n, user, updates },
        bytes: payload.length,
        schemaVersion: seat.schemaVersion,
        types,
        made: types + checked.values,
      },
      schemaVersion <= SCHEMA_VERSION,
    )
    return held ? 'held' : 'added'
  }

  /** Returns the whole payload, null while parts are missing. */
  #assemble(seat: Seat, body: BatchBody): Uint8Array | Refusal | null {
    if (body.parts === 1 && body.part === 0) return body.payload
    if (body.part === 0) seat.assembly = this.#ports.assemblies.begin(body, seat.connection)
    if (!seat.assembly) return refuse('rewind', 'send the batch again from its first part')
    const whole = seat.assembly.add(body)
    if (whole !== null) seat.assembly = null
    return whole
  }

  /** Returns true if a batch may hold structs of the client `author`. */
  #mayBring(connection: Connection, { clientId, restore }: BatchBody, author: number): boolean {
    if (author === clientId || this.#restoreOpen()) return true
    const owner = this.#ports.clients.ownerOf(author)
    return owner ? isUser(connection, owner) : restore
  }

  #restoreOpen(): boolean {
    return this.#restoredAt !== null && this.#ports.clock.now() - this.#restoredAt < RESTORE_WINDOW_MS
  }
}
