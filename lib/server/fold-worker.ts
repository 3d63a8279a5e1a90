import { parentPort } from 'node:worker_threads'
import { type FoldJob, foldDocument } from '../collab/fold.ts'
import type { FoldAnswer } from './folding.ts'

/* The thread behind folding.ts: one job in, one answer out. */

parentPort?.on('message', (job: FoldJob) => {
  let answer: FoldAnswer
  try {
    answer = { ok: true, result: foldDocument(job) }
  } catch (error) {
    answer = { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
  parentPort?.postMessage(answer)
})
