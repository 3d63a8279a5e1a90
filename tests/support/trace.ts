import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as v from 'valibot'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

/** Position, characters deleted there, text inserted there. UTF-16 units: no recorded text leaves the basic plane. */
const patchSchema = v.tuple([count, count, v.string()])

const traceSchema = v.object({
  kind: v.literal('concurrent'),
  endContent: v.string(),
  numAgents: v.pipe(count, v.minValue(1)),
  txns: v.array(v.object({ parents: v.array(count), agent: count, patches: v.array(patchSchema) })),
})

export type Patch = v.InferOutput<typeof patchSchema>
/** Patches one after the other, on the merge of what the author had seen. */
export type Edit = readonly Patch[]

/** A recorded session, as a plan to follow. */
export interface Trace {
  /** The text at the end, when everyone has seen everything. */
  readonly endContent: string
  readonly authors: number
  readonly edits: number
  /** In an order in which they can be made: whatever a run has seen comes before it. */
  readonly runs: readonly Run[]
  /** The number of times an author newly sees another author's edits: one for each run and other author. */
  readonly handOvers: number
}

/** Consecutive edits of one author, during which the author saw nothing new. */
export interface Run {
  readonly author: number
  /** The number of edits of each author that this author has seen when the run begins, its own included. */
  readonly seen: readonly number[]
  /**
   * The edits, cut into pieces after each edit that another author's run is the first to see. The end of a piece
   * must not travel together with what follows it.
   */
  readonly pieces: readonly Piece[]
}

export interface Piece {
  readonly edits: readonly Edit[]
  /** True if another author's run has seen exactly the edits up to here. */
  readonly handedOver: boolean
}

/** Loads a recorded session of tests/data/traces and checks it. Throws if it violates its format. */
export function loadTrace(name: 'friendsforever' | 'clownschool'): Trace {
  const file = join(import.meta.dirname, `../data/traces/${name}.json.gz`)
  const recorded = v.parse(traceSchema, JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')))
  const authors = recorded.numAgents
  const runs: { author: number; seen: number[]; first: number; edits: Edit[] }[] = []
  /** By author, the numbers of its edits that some other author's run has seen exactly. */
  const handedOver = Array.from({ length: authors }, () => new Set<number>())
  const made = new Array<number>(authors).fill(0)
  const last = new Array<number>(authors).fill(-1)
  const lastRun = new Map<number, (typeof runs)[number]>()
  /** The edits that each edit had seen, itself included. */
  const histories: number[][] = []
  let handOvers = 0

  recorded.txns.forEach(({ agent: author, parents, patches }, index) => {
    const seen = new Array<number>(authors).fill(0)
    for (const parent of parents) {
      const history = histories[parent]
      if (!history) throw new Error(`${name}: edit ${index} has a parent after itself`)
      history.forEach((edits, of) => {
        seen[of] = Math.max(seen[of] ?? 0, edits)
      })
    }
    if (seen[author] !== made[author])
      throw new Error(`${name}: edit ${index} has not seen its author's last`)

    const current = lastRun.get(author)
    if (current && parents.length === 1 && parents[0] === last[author]) current.edits.push(patches)
    else {
      const before = histories[last[author] ?? -1]
      seen.forEach((edits, of) => {
        if (of === author || edits === (before?.[of] ?? 0)) return
        handOvers++
        handedOver[of]?.add(edits)
      })
      const run = { author, seen: [...seen], first: seen[author] ?? 0, edits: [patches] }
      runs.push(run)
      lastRun.set(author, run)
    }
    seen[author] = (seen[author] ?? 0) + 1
    made[author] = seen[author]
    last[author] = index
    histories.push(seen)
  })

  return {
    endContent: recorded.endContent,
    authors,
    edits: recorded.txns.length,
    handOvers,
    runs: runs.map(({ author, seen, first, edits }) => ({
      author,
      seen,
      pieces: cut(edits, first, handedOver[author] ?? new Set()),
    })),
  }
}

/** Cuts edits into pieces. `first`: the number of edits the author had made before these. */
function cut(edits: readonly Edit[], first: number, after: ReadonlySet<number>): Piece[] {
  const pieces: Piece[] = []
  let begin = 0
  edits.forEach((_edit, index) => {
    const handedOver = after.has(first + index + 1)
    if (!handedOver && index < edits.length - 1) return
    pieces.push({ edits: edits.slice(begin, index + 1), handedOver })
    begin = index + 1
  })
  return pieces
}
