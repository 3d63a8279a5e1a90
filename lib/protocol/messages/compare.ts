import * as v from 'valibot'
import { chainSchema, refusalSchema, roomSchema, seqSchema } from './fields.ts'
import type { BodyOf, UpMessage, UpRule } from './message.ts'

/** The results of a comparison. *unknown*: the log no longer holds that row, or the server has no time for it now. */
const VERDICTS = ['same', 'differs', 'unknown'] as const
export type Verdict = (typeof VERDICTS)[number]

/**
 * Compares what this replica shows after row `seq` with the log. `digest`: computed by content-digest.ts over
 * content-bytes.ts.
 */
export const documentCompare = {
  name: 'document:compare',
  answer: v.variant('ok', [v.object({ ok: v.literal(true), verdict: v.picklist(VERDICTS) }), refusalSchema]),
  /** Long, because the server compares only when it is otherwise idle. */
  timeout: 120_000,
} as const satisfies UpMessage
export const documentCompareRule = {
  message: documentCompare,
  json: v.object({ room: roomSchema, seq: seqSchema, digest: chainSchema }),
  rate: 'compares',
  role: 'viewer',
} as const satisfies UpRule
export type CompareRequest = BodyOf<typeof documentCompareRule>
