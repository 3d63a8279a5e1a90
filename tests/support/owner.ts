/** An owner that ignores notifications: the test checks for itself. */
export const OWNER = {
  changed: () => undefined,
  failed(error: unknown): void {
    throw error
  },
}
