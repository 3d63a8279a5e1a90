/** Resolves at a time of `performance.now()`: the pace of what is measured, not a wait for something. */
export function pace(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())))
}
