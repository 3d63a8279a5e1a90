import { beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { CollabProvider } from '#lib/client/collab-provider.ts'
import { ContentComparison } from '#lib/client/receiving/content-comparison.ts'
import { createLog } from '#lib/process/log.ts'
import { systemClock } from '#lib/protocol/clock.ts'
import type { CompareRequest, Verdict } from '#lib/protocol/messages/compare.ts'
import { startCollaboration } from '../../support/collaboration.ts'
import { MemoryReplicas } from '../../support/memory-replica.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { until } from '../../support/writer.ts'

const MINUTE = 60_000

describe('when a copy is compared', () => {
  let clock: VirtualClock
  let doc: Y.Doc
  let asked: CompareRequest[]
  /** The server's next answers; *same* if there are none. */
  let verdicts: (Verdict | null)[]
  let standing: { room: number; seq: number } | null
  let diverged: number

  beforeEach(() => {
    clock = new VirtualClock(() => 0.5)
    doc = new Y.Doc()
    asked = []
    verdicts = []
    standing = { room: 1, seq: 7 }
    diverged = 0
  })

  function start(): ContentComparison {
    return new ContentComparison({
      doc,
      clock,
      copy: {
        get standing() {
          return standing
        },
        async compare(request) {
          asked.push(request)
          const verdict = verdicts.shift()
          return verdict === undefined ? 'same' : verdict
        },
      },
      onDiverged: () => diverged++,
    })
  }

  test('[CMP1] every five minutes, with the row it is at', async () => {
    doc.getText('title').insert(0, 'text')
    const comparison = start()
    await clock.advance(1000)
    expect(asked).toEqual([{ room: 1, seq: 7, digest: expect.stringMatching(/^[0-9a-f]{32}$/) }])
    await clock.advance(60 * MINUTE)
    expect(asked).toHaveLength(13)
    comparison.stop()
    expect(clock.waiting).toBe(0)
  })

  test('[CMP1] not while something is in flight, and less and less often while that lasts', async () => {
    standing = null
    const comparison = start()
    await clock.advance(2000)
    standing = { room: 1, seq: 8 }
    await clock.advance(4000)
    expect(asked).toMatchObject([{ seq: 8 }])
    standing = null
    await clock.advance(30 * MINUTE)
    standing = { room: 1, seq: 9 }
    await clock.advance(MINUTE)
    expect(asked).toHaveLength(2)
    comparison.stop()
  })

  test('[CMP2] a copy that changes while it is digested is digested again', async () => {
    const comparison = start()
    await clock.advance(10)
    doc.getText('title').insert(0, 'typed just now')
    await clock.advance(1000)
    expect(asked).toEqual([])
    await clock.advance(5000)
    expect(asked).toHaveLength(1)
    comparison.stop()
  })

  test('[CMP4] it is given up when three comparisons in a row differ, and not compared again', async () => {
    verdicts = ['differs', 'differs', 'differs']
    start()
    await clock.advance(1000)
    expect(asked).toHaveLength(1)
    await clock.advance(3000)
    expect([asked.length, diverged]).toEqual([2, 0])
    await clock.advance(10_100)
    expect([asked.length, diverged]).toEqual([3, 1])
    expect(clock.waiting).toBe(0)
  })

  test('[CMP4] an unknown result does not change the count, a matching one resets it', async () => {
    verdicts = ['differs', 'differs', 'same', 'differs', 'differs']
    const comparison = start()
    await clock.advance(100 * MINUTE)
    expect(diverged).toBe(0)
    verdicts = ['differs', 'unknown', 'differs', null, 'differs']
    await clock.advance(10 * MINUTE)
    expect(diverged).toBe(1)
    comparison.stop()
  })

  test('[CMP1] an undo brings the next one forward, but to no less than a minute after the last', async () => {
    const title = doc.getText('title')
    const undo = new Y.UndoManager(title)
    title.insert(0, 'text')
    const comparison = start()
    await clock.advance(1000)
    undo.undo()
    await clock.advance(50_000)
    expect(asked).toHaveLength(1)
    undo.redo()
    await clock.advance(11_000)
    expect(asked).toHaveLength(2)
    await clock.advance(2 * MINUTE)
    undo.undo()
    await clock.advance(21_000)
    expect(asked).toHaveLength(3)
    comparison.stop()
  })
})

const titleOf = ({ doc }: CollabProvider): string => doc.getText('title').toString()

/** A clock that runs two hundred times as fast. */
const HASTY = {
  ...systemClock,
  after: (ms: number, task: () => void) => systemClock.after(ms / 200, task),
  random: () => 0.5,
}

test('[CMP4] a diverged copy is found, reported in the log, and loaded again', async () => {
  const lines: { event: string }[] = []
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) })
  const server = await startCollaboration({ log })
  const ada = await server.guest()
  const bo = await server.guest()
  const { address, documentId } = await server.document(ada)
  const replicas = new MemoryReplicas()
  const replica = replicas.open()
  const a = server.open(address, ada, { clock: HASTY, replica })
  const b = server.open(address, bo, { clock: HASTY })
  await Promise.all([until(a, () => a.synced), until(b, () => b.synced)])
  const heard = Promise.withResolvers<unknown>()
  a.doc.once('update', (_update: Uint8Array, origin: unknown) => heard.resolve(origin))
  b.doc.getText('title').insert(0, 'what everybody has')
  const outside = await heard.promise
  await until(a, () => titleOf(a) === 'what everybody has')

  const lost = new Promise<void>((resolve) => a.on('diverged', resolve))
  let others = 0
  b.on('diverged', () => others++)
  a.doc.transact(() => a.doc.getText('title').delete(0, 5), outside)
  await lost
  expect(titleOf(a)).toBe('everybody has')
  const found = lines.filter(({ event }) => event === 'room.content-differs')
  expect(found).toHaveLength(3)
  const about = { level: 'error', documentId, clientId: a.doc.clientID }
  for (const line of found) expect(line).toMatchObject(about)

  // Text typed until another copy replaces this one is in the log like all other text.
  a.doc.getText('title').insert(0, 'then typed: ')
  await a.forgetHistory()
  const again = server.open(address, ada, { clock: HASTY, replica })
  await until(again, () => again.synced && titleOf(again).includes('then typed: '))
  expect(titleOf(again)).toBe(titleOf(b))
  expect(titleOf(again)).toMatch(/^what .*everybody has$/)
  expect(others).toBe(0)
  await Promise.all([a.destroy(), b.destroy(), again.destroy()])
  await server.close()
})
