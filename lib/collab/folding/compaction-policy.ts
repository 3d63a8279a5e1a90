/** When documents are folded, snapshots written and rows trimmed. Times in ms. A row weighs its entries and a little (`ROW_BYTES` of compactor.ts). */
export interface CompactionPolicy {
  /** A document is folded when it has been quiet this long, for its title, */
  readonly quietMs: number
  /** and at the latest this long after a change, */
  readonly latestMs: number
  /** as far as folding for titles takes no more than this share of a core, and for the schema no more than that, */
  readonly titleShare: number
  readonly checkShare: number
  /** what others ask for (`whenSpare`) no more than this one, */
  readonly spareShare: number
  /** once as much as this is used up. */
  readonly burstMs: number
  /** A snapshot is written when this many rows came since the last one, or rows that weigh half of it, */
  readonly snapshotRows: number
  /** but at least `keepBytes`, and at most this much. */
  readonly snapshotBytes: number
  /** Rows covered by a snapshot are kept this long, so that a short absence costs a short pull, */
  readonly keepMs: number
  /** unless they weigh more than half of the snapshot, and than this. */
  readonly keepBytes: number
}

export const COMPACTION_POLICY: CompactionPolicy = {
  quietMs: 2000,
  latestMs: 15_000,
  titleShare: 0.01,
  checkShare: 0.1,
  spareShare: 0.01,
  burstMs: 250,
  snapshotRows: 500,
  snapshotBytes: 256 * 1024,
  keepMs: 24 * 3600 * 1000,
  keepBytes: 16 * 1024,
}
