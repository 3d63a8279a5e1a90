import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { boundPayloads } from '#lib/client/channel/polling-payloads.ts'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { PACKETS_PER_PAYLOAD } from '#lib/protocol/polling.ts'
import { type CollaborationServer, startCollaboration } from '../../support/collaboration.ts'
import { paragraphOf } from '../../support/paragraph.ts'
import { until } from '../../support/writer.ts'

const POLLING = { transports: ['polling'] as const }
const MIB = 1024 * 1024

let server: CollaborationServer
beforeAll(async () => {
  server = await startCollaboration({ limited: {} })
})
afterAll(() => server.close())

/** Counts how often a provider loses its connection. */
function losses(provider: CollabProvider): () => number {
  let lost = 0
  let before = provider.status.phase
  provider.on('status', () => {
    const { phase } = provider.status
    if (phase === 'lost' && before !== 'lost') lost++
    before = phase
  })
  return () => lost
}

test('[LIM10] more packets in one turn than a payload may hold go up in several, over the same connection', async () => {
  const guest = await server.guest()
  const { address } = await server.document(guest)
  const [writer, reader] = [server.open(address, guest, POLLING), server.open(address, guest)]
  try {
    await until(writer, () => writer.synced)
    await until(reader, () => reader.synced && reader.peers.length === 2)
    const lost = losses(writer)
    for (let i = 1; i <= 3 * PACKETS_PER_PAYLOAD; i++)
      writer.setPresence({ caret: Uint8Array.of(i), idle: false })
    const last = (3 * PACKETS_PER_PAYLOAD) % 256
    await until(reader, () => reader.peers.some(({ caret, self }) => !self && caret?.[0] === last))
    expect(lost()).toBe(0)
  } finally {
    await Promise.all([writer.destroy(), reader.destroy()])
  }
})

test('8 MiB pasted while offline go up by long polling, over one connection', async () => {
  const guest = await server.guest()
  const { address } = await server.document(guest)
  const online = Promise.withResolvers<string>()
  const writer = server.open(address, guest, { ...POLLING, auth: () => online.promise })
  try {
    const body = writer.doc.getXmlFragment('body')
    for (let i = 0; i < 16; i++) body.insert(i, [paragraphOf(`${i}`.padEnd(MIB / 2, 'long '))])
    online.resolve(server.token(guest))
    await until(writer, () => writer.synced, 15_000)
    const lost = losses(writer)
    await until(writer, () => writer.saved, 30_000)
    expect(lost()).toBe(0)
    const reader = server.open(address, guest)
    await until(reader, () => reader.synced, 15_000)
    expect(reader.doc.getXmlFragment('body').toString().length).toBeGreaterThan(8 * MIB)
    await reader.destroy()
  } finally {
    await writer.destroy()
  }
}, 60_000)

describe('an engine', () => {
  class Engine {
    readonly transport: { readonly name: string }
    readonly #packets: readonly number[]

    constructor(name: string, packets: number) {
      this.transport = { name }
      this.#packets = Array.from({ length: packets }, (_, i) => i)
    }

    _getWritablePackets(): readonly unknown[] {
      return this.#packets
    }
  }

  test('sends the first packets of many by polling, and all of them otherwise', () => {
    const count = (name: string, packets: number) => {
      const bounded = new Engine(name, packets)
      boundPayloads(bounded)
      boundPayloads(bounded)
      return bounded._getWritablePackets().length
    }
    expect(count('polling', 200)).toBe(PACKETS_PER_PAYLOAD)
    expect(count('polling', 3)).toBe(3)
    expect(count('websocket', 200)).toBe(200)
  })

  test('of another kind is left as it is', () => {
    const other = { transport: { name: 'polling' } }
    boundPayloads(other)
    expect(Object.keys(other)).toEqual(['transport'])
  })
})
