/**
 * Rules for folding documents, writing snapshots and trimming rows. Times are in ms; budgets are shares of one core.
 * A row weighs the bytes of its entries plus `ROW_BYTES` (compactor.ts).
 */
export interface CompactionPolicy {
  /** A document is folded for its title after it has been quiet for this long, ms. */
  readonly quietMs: number
  /** A document is folded no later than this after a change, ms, as far as the budgets allow. */
  readonly latestMs: number
  /** Share of a core for folding documents for their titles. */
  readonly titleBudget: number
  /** Share of a core for checking documents against the schema. */
  readonly checkBudget: number
  /** Share of a core for other work (`whenSpare`). */
  readonly spareBudget: number
  /** CPU that each budget may spend ahead, ms. */
  readonly burstMs: number
  /**
   * A snapshot is written after this many rows since the last one, or earlier if their weight calls for it
   * (`snapshotBytes`).
   */
  readonly snapshotRows: number
  /**
   * Upper bound of the weight of rows that calls for a snapshot, bytes. The weight is half of the last snapshot, at
   * least `keepBytes`.
   */
  readonly snapshotBytes: number
  /** Rows covered by a snapshot are kept for this long, ms, so that a short absence costs only a short pull. */
  readonly keepMs: number
  /** Covered rows are trimmed earlier if they weigh more than this, in bytes, and more than half of the snapshot. */
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
