import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { chainToHex, decodeEntries, encodeUpdates } from '../../../lib/protocol/log-row.ts'
import { decodeHistory } from '../../../lib/protocol/messages/history.ts'
import type { Joined } from '../../../lib/protocol/messages/join.ts'
import { decodePresenceDiff, encodePresenceSet } from '../../../lib/protocol/messages/presence.ts'
import { decodeRow, encodeBatch } from '../../../lib/protocol/messages/update.ts'
import { Decoder, type Packet } from '../../../lib/protocol/packet-parser.ts'
import { pathOf } from '../../../lib/protocol/urls.ts'
import { NAMESPACE, PROTOCOL_VERSION, SCHEMA_VERSION } from '../../../lib/protocol/version.ts'
import type { FrameListener } from '../raw-socket.ts'
import { connectSeat, type Join, Seat, type SeatRequest } from '../seat.ts'

/* Our own protocol, see docs/protocol.md. */

/** A guest's request to enter a document: by its name, or by the address it was given. */
export interface TicketRequest {
  readonly name: string
  readonly address?: string
  readonly guest: number
}

export interface Ticket {
  readonly address: string
  readonly token: string
}

interface Cursor {
  readonly lineage: string
  readonly seq: number
  readonly chain: string
}

const ROW = 'u'.charCodeAt(0)
const DIFF = 'd'.charCodeAt(0)
const EVENT = 2
const ACK = 3
const JOIN_ID = 1
/** Bytes of a frame before its body: type, no id, one letter. */
const HEAD = 4
let tabs = 0

class CommonplaceSeat extends Seat {
  readonly #request: SeatRequest
  readonly #ticket: Ticket
  readonly #joined: (refusal: string | null) => void
  readonly #decoder = new Decoder()
  #room = 0
  /** The last batch, by client id. */
  readonly #sent = new Map<number, number>()
  #answer: Joined | null = null
  #history: { bytes: Uint8Array; received: number } | null = null
  cursor: Cursor | null = null

  constructor(request: SeatRequest, ticket: Ticket, joined: (refusal: string | null) => void) {
    super(request.clientId)
    this.#request = request
    this.#ticket = ticket
    this.#joined = joined
    this.#decoder.on('decoded', (packet) => this.#receive(packet))
  }

  readonly listener: FrameListener = (payload, binary) => {
    if (!binary) {
      if (payload[0] === '2'.charCodeAt(0)) this.socket.sendText('3')
      else if (payload[0] === '0'.charCodeAt(0)) this.#shake()
      else if (payload[0] === '4'.charCodeAt(0)) this.#decoder.add(payload.toString('utf8', 1))
      return
    }
    const kind = payload[0] === EVENT && payload[1] === 0 && payload[2] === 1 ? payload[3] : 0
    if (kind === ROW) this.#row(payload.subarray(HEAD))
    else if (kind === DIFF) this.#diff(payload.subarray(HEAD))
    else this.#decoder.add(payload)
  }

  send(update: Uint8Array): void {
    this.sendMany([update], this.clientId)
  }

  override sendMany(updates: readonly Uint8Array[], clientId: number): number {
    const payload = encodeUpdates(updates)
    const n = (this.#sent.get(clientId) ?? 0) + 1
    this.#sent.set(clientId, n)
    this.#emit(
      ROW,
      encodeBatch({ room: this.#room, clientId, n, part: 0, parts: 1, restore: false, payload }),
    )
    return 1
  }

  /**
   * Resolves immediately: every message is acknowledged by its row, so a caller that waited for those has nothing
   * left to wait for.
   */
  flush(): Promise<void> {
    return Promise.resolve()
  }

  setCaret(move: number): void {
    const position = Y.encodeRelativePosition(
      Y.createRelativePositionFromJSON({ item: { client: this.clientId, clock: move }, assoc: 0 }),
    )
    const caret = new Uint8Array(2 * position.length)
    caret.set(position)
    caret.set(position, position.length)
    this.#emit('s'.charCodeAt(0), encodePresenceSet({ room: this.#room, idle: false, caret }))
  }

  #shake(): void {
    const auth = { protocol: PROTOCOL_VERSION, token: this.#ticket.token, tab: `tab${++tabs}`, connection: 1 }
    this.socket.sendText(`4${JSON.stringify([0, NAMESPACE, null, auth])}`)
  }

  #join(): void {
    const { clientId } = this.#request
    const cursor = this.#cursorBefore()
    const join = { address: this.#ticket.address, clientId, schemaVersion: SCHEMA_VERSION, cursor }
    this.socket.sendText(`4${JSON.stringify([EVENT, NAMESPACE, JOIN_ID, ['document:join', join]])}`)
  }

  #cursorBefore(): Cursor | null {
    const before = this.#request.again?.seat
    return before instanceof CommonplaceSeat ? before.cursor : null
  }

  #receive({ type, data, id }: Packet): void {
    if (type === 0) this.#join()
    else if (type === 4) this.#joined(JSON.stringify(data))
    else if (type === ACK && Array.isArray(data)) this.#answered(data[0], data[1])
    else if (type === EVENT && Array.isArray(data)) {
      const [event, about, bytes] = data
      if (event === 'document:chunk') this.#chunk(about, bytes, id)
      else if (event === 'document:ack' && about.refusal) this.refusal = JSON.stringify(about.refusal)
      else if (event === 'document:reset') this.refusal = JSON.stringify(about)
    }
  }

  #answered(joined: Joined | { ok: false }, history: Uint8Array | undefined): void {
    if (!joined.ok) {
      this.#joined(JSON.stringify(joined))
      return
    }
    this.#answer = joined
    this.#room = joined.room
    this.#sent.set(this.clientId, joined.acknowledged)
    if (joined.chunked > 0) this.#history = { bytes: new Uint8Array(joined.chunked), received: 0 }
    else if (history) this.#read(history)
  }

  #chunk({ offset }: { offset: number }, bytes: Uint8Array, id: number | undefined): void {
    const history = this.#history
    if (!history) return
    this.chunks++
    history.bytes.set(bytes, offset)
    history.received += bytes.length
    this.socket.sendText(`4${JSON.stringify([ACK, NAMESPACE, id ?? 0, []])}`)
    if (history.received === history.bytes.length) this.#read(history.bytes)
  }

  #read(bytes: Uint8Array): void {
    const { snapshot, rows } = decodeHistory(bytes)
    this.history = snapshot ? [snapshot.state.slice()] : []
    for (const row of rows) {
      for (const entry of decodeEntries(row.entries)) {
        for (const update of entry.updates) this.history.push(update.slice())
      }
    }
    const head = rows.at(-1) ?? snapshot
    const lineage = this.#answer?.lineage ?? ''
    this.cursor = head ? { lineage, seq: head.seq, chain: chainToHex(head.chain) } : this.#cursorBefore()
    this.#joined(null)
  }

  #row(body: Uint8Array): void {
    const { watch } = this
    if (!watch?.updates && !watch?.acknowledged) return
    const entries = decodeEntries(decodeRow(body).entries)
    watch.acknowledged?.(entries.filter(({ clientId }) => this.#sent.has(clientId)).length)
    if (watch.updates) for (const { updates } of entries) watch.updates(updates)
  }

  #diff(body: Uint8Array): void {
    const { watch } = this
    if (!watch?.caret) return
    for (const { caret } of decodePresenceDiff(body).upserts) {
      if (!caret || caret.length === 0) continue
      const { item } = Y.decodeRelativePosition(caret.slice(0, caret.length / 2))
      if (item) watch.caret(item.client, item.clock)
    }
  }

  #emit(code: number, body: Uint8Array): void {
    this.socket.sendBinary(
      encoding.encode((e) => {
        encoding.writeUint8Array(e, Uint8Array.of(EVENT, 0, 1, code))
        encoding.writeUint8Array(e, body)
      }),
    )
  }
}

/** Addresses by data folder and document: they outlive a server. */
const addresses = new Map<string, string>()

export const joinCommonplace: Join = async (request) => {
  const { server, document: name, guest } = request
  const key = `${server.dataDir} ${name}`
  const known = addresses.get(key)
  const ticketRequest: TicketRequest = { name, guest, ...(known === undefined ? {} : { address: known }) }
  const ticket = (await server.ask('ticket', ticketRequest)) as Ticket
  addresses.set(key, ticket.address)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const seat = new CommonplaceSeat(request, ticket, (refusal) => {
    if (refusal === null) resolve()
    else reject(new Error(refusal))
  })
  await connectSeat(seat, request, `${pathOf({ to: 'socket' })}/?EIO=4&transport=websocket`)
  await promise
  return seat
}
