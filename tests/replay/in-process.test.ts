import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { loadTrace, type Trace } from '../support/trace.ts'
import { joinHub } from './hub.ts'
import { followInOneProcess } from './reference.ts'
import { replay } from './replay.ts'

describe.each(['friendsforever', 'clownschool'] as const)('%s', (name) => {
  const trace = loadTrace(name)
  const reference = followInOneProcess(trace)

  test('Yjs in one process comes to the recorded text, at every author', () => {
    expect(reference.texts).toEqual(reference.texts.map(() => trace.endContent))
  })

  test('replayed around a hub, every author comes to the recorded text', async () => {
    const texts = await replay(trace, reference, joinHub(docsFor(trace)))
    expect(texts).toEqual(texts.map(() => trace.endContent))
  })

  test('an author who sees more than was seen at the recording is noticed', async () => {
    const leaky = joinHub(docsFor(trace), { leaky: true })
    await expect(replay(trace, reference, leaky)).rejects.toThrow(/run \d+, author \d: .*at the recording/)
  })
})

function docsFor(trace: Trace): Y.Doc[] {
  return Array.from({ length: trace.authors }, (_, author) => {
    const doc = new Y.Doc()
    doc.clientID = author + 1
    return doc
  })
}
