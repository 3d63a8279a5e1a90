import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest'
import { EMPTY_CHAIN, ENTRY_BODY_UPDATE, encodeEntries, NO_CHAIN } from '#lib/protocol/log-row.ts'
import { Log, SyncScene } from './sync-scene.ts'

/** Returns entries of the log's other user with an invalid update. */
const brokenEntries = ({ doc }: Log): Uint8Array =>
  encodeEntries([
    { kind: ENTRY_BODY_UPDATE, clientId: doc.clientID, n: 1, user: 'ada', updates: [Uint8Array.of(1, 2, 3)] },
  ])
describe('content that cannot be applied', () => {
  let reported: MockInstance
  beforeEach(() => {
    reported = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  })
  afterEach(() => {
    reported.mockRestore()
  })

  test('a snapshot that does not apply is reported, requested ever less often, and shown after three times', async () => {
    const scene = new SyncScene()
    scene.history = { snapshot: { seq: 7, chain: EMPTY_CHAIN, state: Uint8Array.of(1, 2, 3) }, rows: [] }
    await scene.connect()
    expect(reported).toHaveBeenCalledTimes(1)
    expect(scene.sync.follower.state.isStuck).toBe(false)
    await scene.clock.advance(2000)
    expect(reported).toHaveBeenCalledTimes(3)
    expect(scene.sync.follower.state).toMatchObject({ isStuck: true, phase: 'joining' })
    await scene.clock.advance(58_000)
    expect(scene.joins).toHaveLength(8)
    expect(scene.joins.every(({ request }) => request.cursor === null)).toBe(true)
    const log = new Log()
    log.type('whole')
    scene.history = log.history
    await scene.clock.advance(30_000)
    expect(scene.title).toBe('whole')
    expect(scene.sync.follower.state).toMatchObject({ isStuck: false, phase: 'joined' })
  })

  test('an observer that throws once costs one more join, and nothing is lost', async () => {
    const log = new Log()
    const scene = new SyncScene()
    let thrown = 0
    scene.doc.getText('title').observe(() => {
      if (thrown++ === 0) throw new Error('an observer')
    })
    log.type('a')
    scene.history = log.history
    await scene.connect()
    expect(scene.sync.follower.state.phase).toBe('joining')
    await scene.clock.advance(60_000)
    expect(reported).toHaveBeenCalledTimes(1)
    expect(scene.joins).toHaveLength(2)
    expect(scene.title).toBe('a')
    expect(scene.sync.follower.state).toMatchObject({ phase: 'joined', isStuck: false })
  })

  test('a row that throws when its frame comes causes the whole history to be loaded again', async () => {
    const log = new Log()
    const frames: (() => void)[] = []
    const scene = new SyncScene({
      soon: (task) => {
        frames.push(task)
        return () => undefined
      },
    })
    await scene.connect()
    scene.row({ ...log.type('a'), entries: brokenEntries(log) })
    await scene.settle()
    for (const frame of frames.splice(0)) frame()
    expect(reported).toHaveBeenCalledTimes(1)
    scene.history = log.history
    await scene.clock.advance(1000)
    expect(scene.joins.at(-1)?.request.cursor).toMatchObject({ lineage: 'lineage', chain: NO_CHAIN })
    expect(scene.title).toBe('a')
  })

  test('failures a minute apart do not count as consecutive', async () => {
    const log = new Log()
    const scene = new SyncScene()
    await scene.connect()
    for (let i = 0; i < 5; i++) {
      log.type('a')
      scene.history = log.history
      scene.row({ seq: i + 1, chain: EMPTY_CHAIN, entries: brokenEntries(log) })
      await scene.clock.advance(70_000)
      expect(scene.sync.follower.state).toMatchObject({ phase: 'joined', isStuck: false })
    }
    expect(scene.title).toBe('aaaaa')
    expect(scene.joins).toHaveLength(6)
  })
})
