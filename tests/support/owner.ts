/** An owner that need not be told: the test looks by itself. */
export const OWNER = {
  changed: () => undefined,
  failed(error: unknown): void {
    throw error
  },
}
