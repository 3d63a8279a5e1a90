import { PACKETS_PER_PAYLOAD } from '#lib/protocol/polling.ts'

/** The parts used of an engine.io-client 6. */
interface Engine {
  readonly transport: { readonly name: string }
  _getWritablePackets(): readonly unknown[]
}

/**
 * Keeps a connection from sending more packets in one payload of long polling than the server accepts: engine.io
 * bounds only the bytes. The rest follows in the next payload. Does nothing if this engine collects packets in another
 * way.
 */
export function boundPayloads(engine: object): void {
  const bounded = engine as Partial<Engine>
  const collect = bounded._getWritablePackets
  if (typeof collect !== 'function' || Object.hasOwn(engine, '_getWritablePackets')) return
  bounded._getWritablePackets = function (this: Engine) {
    const packets = collect.call(this)
    return this.transport.name === 'polling' && packets.length > PACKETS_PER_PAYLOAD
      ? packets.slice(0, PACKETS_PER_PAYLOAD)
      : packets
  }
}
