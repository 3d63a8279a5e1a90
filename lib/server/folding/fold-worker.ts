import { parentPort } from 'node:worker_threads'
import { checkDocument, digestDocument, foldDocument } from '#lib/document/fold.ts'
import { reasonOf } from '#lib/protocol/errors.ts'
import type { FoldAnswer, FoldAnswers, FoldOrder } from './folding.ts'

/* The thread behind folding.ts: receives several orders and returns as many answers. */

const WORK = { fold: foldDocument, check: checkDocument, digest: digestDocument } as const

/** The thread's CPU time at the last answer, so that receiving orders and answering are counted too. */
let before = process.threadCpuUsage()

parentPort?.on('message', (orders: readonly FoldOrder[]) => {
  const answers = orders.map(answerTo)
  const { user, system } = process.threadCpuUsage(before)
  before = process.threadCpuUsage()
  parentPort?.postMessage({ answers, spent: (user + system) / 1000 } satisfies FoldAnswers)
})

function answerTo({ what, job }: FoldOrder): FoldAnswer {
  try {
    return { ok: true, result: WORK[what](job) }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  }
}
