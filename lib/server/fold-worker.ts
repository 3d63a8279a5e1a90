import { parentPort } from 'node:worker_threads'
import { checkDocument, digestDocument, foldDocument } from '../collab/fold.ts'
import type { FoldAnswer, FoldOrder } from './folding.ts'

/* The thread behind folding.ts: one job in, one answer out. */

const WORK = { fold: foldDocument, check: checkDocument, digest: digestDocument } as const

parentPort?.on('message', ({ what, job }: FoldOrder) => {
  const begun = process.threadCpuUsage()
  const spent = (): number => {
    const { user, system } = process.threadCpuUsage(begun)
    return (user + system) / 1000
  }
  let answer: FoldAnswer
  try {
    const result = WORK[what](job)
    answer = { ok: true, result, spent: spent() }
  } catch (error) {
    answer = { ok: false, reason: error instanceof Error ? error.message : String(error), spent: spent() }
  }
  parentPort?.postMessage(answer)
})
