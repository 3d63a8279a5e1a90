import { describe, expect, test } from 'vitest'
import { loadTrace, type Trace } from './trace.ts'

describe.each([
  { name: 'friendsforever' as const, authors: 2, edits: 26_078, handOvers: 2_446 },
  { name: 'clownschool' as const, authors: 3, edits: 23_136, handOvers: 3_856 },
])('$name', ({ name, ...known }) => {
  const trace = loadTrace(name)

  test('has the authors, edits and hand-overs it is known for', () => {
    const { authors, edits, handOvers } = trace
    expect({ authors, edits, handOvers }).toEqual(known)
    const inRuns = trace.runs.flatMap((run) => run.pieces.flatMap((piece) => piece.edits))
    expect(inRuns).toHaveLength(known.edits)
  })

  test('in the order of its runs, whatever a run has seen is made, cut off and delivered before anything more', () => {
    expect(undeliverable(trace)).toEqual([])
  })

  test('most runs have not seen all that is made by then: authors crossed each other on the way', () => {
    const made = new Array<number>(trace.authors).fill(0)
    const crossed = trace.runs.filter(({ author, seen, pieces }) => {
      const unseen = made.some((edits, of) => edits > (seen[of] ?? 0))
      made[author] = (made[author] ?? 0) + pieces.reduce((sum, piece) => sum + piece.edits.length, 0)
      return unseen
    })
    expect(crossed.length).toBeGreaterThan(trace.runs.length / 2)
  })
})

/**
 * Returns the runs that cannot get what they have seen through a prefix of all pieces, in the order in which they are
 * made. (The author's own pieces are in the prefix too and change nothing.)
 */
function undeliverable(trace: Trace): number[] {
  const made: { author: number; edits: number }[] = []
  const upTo = new Array<number>(trace.authors).fill(0)
  const have = Array.from({ length: trace.authors }, () => new Array<number>(trace.authors).fill(0))
  const missing: number[] = []
  trace.runs.forEach((run, index) => {
    const mine = have[run.author] ?? []
    const lacks = () => run.seen.some((edits, of) => of !== run.author && edits > (mine[of] ?? 0))
    let position = upTo[run.author] ?? 0
    while (lacks() && position < made.length) {
      const piece = made[position++]
      if (piece) mine[piece.author] = (mine[piece.author] ?? 0) + piece.edits
    }
    upTo[run.author] = position
    if (run.seen.some((edits, of) => of !== run.author && edits !== mine[of])) missing.push(index)
    for (const piece of run.pieces) made.push({ author: run.author, edits: piece.edits.length })
  })
  return missing
}
