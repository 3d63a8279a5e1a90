import { parentPort } from 'node:worker_threads'
import { checkDocument, copyDocument, digestDocument, foldDocument } from '#lib/document/fold.ts'
import { reasonOf } from '#lib/protocol/errors.ts'
import type { FoldAnswer, FoldAnswers, FoldOrder } from './folding.ts'

/* The thread behind folding.ts: receives several orders and returns as many answers. */

function work(order: FoldOrder) {
  switch (order.what) {
    case 'fold':
      return foldDocument(order.job)
    case 'check':
      return checkDocument(order.job)
    case 'digest':
      return digestDocument(order.job)
    case 'copy':
      return copyDocument(order.job)
  }
}

/** The thread's CPU time at the last answer, so that receiving orders and answering are counted too. */
let before = process.threadCpuUsage()

parentPort?.on('message', (orders: readonly FoldOrder[]) => {
  const answers = orders.map(answerTo)
  const { user, system } = process.threadCpuUsage(before)
  before = process.threadCpuUsage()
  parentPort?.postMessage({ answers, spent: (user + system) / 1000 } satisfies FoldAnswers)
})

function answerTo(order: FoldOrder): FoldAnswer {
  try {
    return { ok: true, result: work(order) }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  }
}
