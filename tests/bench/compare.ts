import { contentBytes } from '../../lib/document/content-bytes.ts'
import { contentDigest } from '../../lib/document/content-digest.ts'
import { digestDocument, foldDocument } from '../../lib/document/fold.ts'
import { longDocument } from '../support/long-document.ts'
import { percentile } from './statistics.ts'
import type { Measured } from './workload.ts'

const ROUNDS = 20

/**
 * Measures the cost of comparing a copy with the log, both sides in this process: the client's walk, its pauses, the
 * server's fold.
 */
export async function measureComparing(typed: boolean): Promise<Measured> {
  const { doc, state } = longDocument(typed)
  const job = { state, rows: [], ours: true }
  const walks: number[] = []
  const pauses: number[] = []
  const hashes: number[] = []
  const folds: number[] = []
  const digests: number[] = []
  let bytes = 0
  let same = true
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now()
    let last = begun
    const walk = contentBytes(doc)
    let step = walk.next()
    for (; !step.done; step = walk.next()) {
      pauses.push(performance.now() - last)
      last = performance.now()
    }
    walks.push(performance.now() - begun)
    bytes = step.value.length
    const shown = step.value
    hashes.push(took(() => contentDigest(shown)))
    folds.push(took(() => foldDocument(job)))
    digests.push(took(() => (same &&= digestDocument(job) === contentDigest(shown))))
  }
  return {
    ok: same,
    figures: {
      walkMs: percentile(walks, 0.5),
      pauseMs: percentile(pauses, 0.99),
      mostPauseMs: Math.max(...pauses),
      hashMs: percentile(hashes, 0.5),
      foldMs: percentile(folds, 0.5),
      foldAndDigestMs: percentile(digests, 0.5),
      bytes,
      stateBytes: state.length,
    },
  }
}

function took(run: () => unknown): number {
  const begun = performance.now()
  run()
  return performance.now() - begun
}
