import type { Seat, SeatRequest } from './seat.ts'
import type { ServerProcess } from './server-process.ts'
import type { System } from './systems.ts'
import { AUTHOR, editorId } from './typing.ts'

const JOINS_AT_ONCE = 20

/** Opens `clients` seats in one document, joined a few at a time; seat i has the client id of editor i. */
export async function openSeats(
  system: System,
  server: ServerProcess,
  clients: number,
  document = 'bench',
): Promise<Seat[]> {
  const seats: Seat[] = []
  for (let at = 0; at < clients; at += JOINS_AT_ONCE) {
    const joining = Array.from({ length: Math.min(JOINS_AT_ONCE, clients - at) }, (_, i) =>
      system.join({ server, document, clientId: editorId(at + i), guest: at + i }),
    )
    seats.push(...(await Promise.all(joining)))
  }
  return seats
}

/**
 * Writes a document's beginning, in messages of one update each, and waits until the server has taken it. Its author
 * stays: a server without storage forgets a document without clients.
 */
export async function writeDocument(
  request: Omit<SeatRequest, 'clientId' | 'guest'>,
  system: System,
  updates: readonly Uint8Array[],
): Promise<Seat> {
  const author = await system.join({ ...request, clientId: AUTHOR, guest: 0 })
  for (const update of updates) {
    const { promise, resolve } = Promise.withResolvers<void>()
    author.watch = { updates: () => resolve() }
    author.send(update)
    await promise
    if (author.refusal !== null) throw new Error(author.refusal)
  }
  author.watch = null
  return author
}
