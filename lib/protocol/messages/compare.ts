import * as v from 'valibot'
import { chainSchema, refusalSchema, roomSchema, seqSchema } from './fields.ts'
import type { BodyOf, UpMessage, UpRule } from './message.ts'

/** Whether the log gives the same. *unknown*: that row is no longer held, or the server has no time for it now. */
const VERDICTS = ['same', 'differs', 'unknown'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Compares what this replica shows after row `seq` with the log. `digest`: made by content-digest.ts of content-bytes.ts. */
export const documentCompare = {
  name: 'document:compare',
  answer: v.variant('ok', [v.object({ ok: v.literal(true), verdict: v.picklist(VERDICTS) }), refusalSchema]),
  /** Long: the server compares when it has nothing better to do. */
  timeout: 120_000,
} as const satisfies UpMessage
export const documentCompareRule = {
  message: documentCompare,
  json: v.object({ room: roomSchema, seq: seqSchema, digest: chainSchema }),
  rate: 'compares',
  role: 'viewer',
} as const satisfies UpRule
export type CompareRequest = BodyOf<typeof documentCompareRule>
