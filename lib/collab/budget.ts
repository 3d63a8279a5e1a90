import type { Refusal } from '#lib/protocol/errors.ts'

/** Decides how much is added to one document. */
export interface Budget {
  /** Counts bytes that are about to be added. Returns why they may not be, null if they may. */
  spend(bytes: number): Refusal | null
}

/** The budgets of all documents. */
export interface Budgets {
  of(documentId: string): Budget
}

/** Lets every document grow. */
export const NO_BUDGETS: Budgets = { of: () => ({ spend: () => null }) }
