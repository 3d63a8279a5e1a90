import { parentPort } from 'node:worker_threads'
import { checkDocument, foldDocument } from '../collab/fold.ts'
import type { FoldAnswer, FoldOrder } from './folding.ts'

/* The thread behind folding.ts: one job in, one answer out. */

parentPort?.on('message', ({ what, job }: FoldOrder) => {
  let answer: FoldAnswer
  try {
    answer = { ok: true, result: what === 'fold' ? foldDocument(job) : checkDocument(job) }
  } catch (error) {
    answer = { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
  parentPort?.postMessage(answer)
})
