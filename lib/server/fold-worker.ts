import { parentPort } from 'node:worker_threads'
import { checkDocument, digestDocument, foldDocument } from '../collab/fold.ts'
import type { FoldAnswer, FoldOrder } from './folding.ts'

/* The thread behind folding.ts: one job in, one answer out. */

/** The thread's CPU time at the last answer: of a job, reading it and answering is counted too. */
let before = process.threadCpuUsage()

const WORK = { fold: foldDocument, check: checkDocument, digest: digestDocument } as const

parentPort?.on('message', ({ what, job }: FoldOrder) => {
  const spent = (): number => {
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  }
  let answer: FoldAnswer
  try {
    const result = WORK[what](job)
    answer = { ok: true, result, spent: spent() }
  } catch (error) {
    answer = { ok: false, reason: error instanceof Error ? error.message : String(error), spent: spent() }
  }
  before = process.threadCpuUsage()
  parentPort?.postMessage(answer)
})
