import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdates } from '#lib/collab/gate/update-gate.ts'
import { GateBytes } from '#lib/collab/gate/update-gate-bytes.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { CONTENT, deletesOf, inRoot, rightOf, section, update } from './update-gate-forge.ts'
import { any, codeOf, gate, ME, mine, ranges, STRANGER } from './update-gate-scene.ts'

/**
 * Returns an update of two clients, each struct of which depends on the other client's last: the gate leaves and
 * enters the sections `count` times.
 */
function chained(count: number): Uint8Array {
  const [up, down] = [STRANGER + 1, STRANGER]
  const counted = Array.from({ length: count }, (_, i) => i)
  const rising = counted.map((i) =>
    i === 0 ? inRoot(CONTENT.string, 'title', 'a') : rightOf(CONTENT.string, down, i - 1, 'a'),
  )
  const falling = counted.map((i) => rightOf(CONTENT.string, up, i, 'b'))
  return update([section(up, 0, rising), section(down, 0, falling)])
}

/**
 * Counts the bytes read one by one and the map look-ups during `run`: they grow with the work of the gate and need no
 * clock.
 */
function stepsOf(run: () => void): number {
  const { byte } = GateBytes.prototype
  const { get } = Map.prototype
  let steps = 0
  GateBytes.prototype.byte = function () {
    steps++
    return byte.call(this)
  }
  Map.prototype.get = function (key) {
    steps++
    return get.call(this, key)
  }
  try {
    run()
  } finally {
    GateBytes.prototype.byte = byte
    Map.prototype.get = get
  }
  return steps
}

describe('the cost of the gate', () => {
  test('[GATE10] a keystroke costs the same however long the document is', () => {
    const doc = new Y.Doc()
    const keystrokes: Uint8Array[] = []
    doc.on('update', (each: Uint8Array) => keystrokes.push(each))
    const paragraph = new Y.XmlText()
    doc.getXmlFragment('body').insert(0, [paragraph])
    for (let i = 0; i < 5000; i++) paragraph.insert((i * 7919) % (i + 1), '字')
    const known = new Map<number, number>()
    const rules = {
      clientId: doc.clientID,
      clocks: { get: (id: number) => known.get(id) ?? 0 },
      restore: false,
    }
    const costs = keystrokes.map((each) =>
      stepsOf(() => {
        const result = checkUpdates([each], rules)
        if (result.ok) for (const [id, end] of result.clocks) known.set(id, end)
      }),
    )
    expect(known.get(doc.clientID)).toBe(5001)
    // Larger clocks take more bytes; the cost grows by no more than that.
    expect(Math.max(...costs.slice(-1000))).toBeLessThan(Math.max(...costs.slice(100, 200)) + 10)
  })

  test('[GATE10] twice the batch takes twice the steps, at most', () => {
    const batches: [string, (size: number) => Uint8Array][] = [
      ['values', (n) => mine(inRoot(CONTENT.any, 'title', [n, new Uint8Array(n).fill(126)]))],
      ['json', (n) => mine(inRoot(CONTENT.embed, 'title', `[${'[],'.repeat(n)}1]`))],
      ['structs', (n) => mine(...Array.from({ length: n }, () => inRoot(CONTENT.string, 'title', 'a')))],
      ['deletions', (n) => update([section(ME, 10, [[0, 3 * n]])], deletesOf(ME, ranges(n, 1)))],
      ['sections in turn', chained],
    ]
    for (const [what, batch] of batches) {
      const [once, twice] = [4000, 8000].map((size) => {
        const bytes = batch(size)
        return stepsOf(() => expect([what, codeOf(gate(bytes, true))]).toEqual([what, 'ok']))
      })
      expect([what, (twice ?? 0) / (once ?? 0) < 2.2]).toEqual([what, true])
    }
  })

  // The timeout catches a hang only; `npm run bench -- --only gate` measures how long they take.
  test('[GATE10] the most expensive batches are checked', () => {
    const bytes = LIMITS.assembledBytes - 1000
    const batches = [
      mine(inRoot(CONTENT.string, 'body', 'x'.repeat(bytes))),
      mine(inRoot(CONTENT.any, 'title', [LIMITS.values, new Uint8Array(LIMITS.values).fill(126)])),
      mine(inRoot(CONTENT.any, 'title', [120, Array.from({ length: 120 }, () => any('x'.repeat(60_000)))])),
      chained(24_000),
    ]
    for (const batch of batches) expect(codeOf(gate(batch, true))).toBe('ok')
  })
})
