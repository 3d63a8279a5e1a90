/** Resolves at a time of `performance.now()`. Sets the pace of a measurement; it does not wait for anything. */
export function pace(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())))
}
