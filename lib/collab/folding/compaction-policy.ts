/**
 * When documents are folded, snapshots written and rows trimmed. Times in ms; budgets are shares of one core. A row weighs
 * its entries and a little more (`ROW_BYTES` of compactor.ts).
 */
export interface CompactionPolicy {
  /** A document is folded for its title when it has been quiet this long. */
  readonly quietMs: number
  /** A document is folded this long after a change at the latest, as far as the budgets allow. */
  readonly latestMs: number
  /** CPU for folding documents for their titles. */
  readonly titleBudget: number
  /** CPU for checking documents against the schema. */
  readonly checkBudget: number
  /** CPU for work that others ask for (`whenSpare`). */
  readonly spareBudget: number
  /** CPU that each budget may spend ahead, ms. */
  readonly burstMs: number
  /** A snapshot is written after this many rows since the last one, or fewer whose weight reaches its bound (`snapshotBytes`). */
  readonly snapshotRows: number
  /** The weight of rows that calls for a snapshot is half of the last one's, at least `keepBytes` and at most this. */
  readonly snapshotBytes: number
  /** Rows covered by a snapshot are kept this long, so that a short absence costs a short pull. */
  readonly keepMs: number
  /** Covered rows go earlier if they weigh more than half of the snapshot and more than this. */
  readonly keepBytes: number
}

export const COMPACTION_POLICY: CompactionPolicy = {
  quietMs: 2000,
  latestMs: 15_000,
  titleBudget: 0.01,
  checkBudget: 0.1,
  spareBudget: 0.01,
  burstMs: 250,
  snapshotRows: 500,
  snapshotBytes: 256 * 1024,
  keepMs: 24 * 3600 * 1000,
  keepBytes: 16 * 1024,
}
