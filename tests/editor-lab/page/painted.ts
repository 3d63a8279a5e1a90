/** Resolves after a frame was painted. */
export function painted(): Promise<void> {
  return new Promise((resolve) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port2.onmessage = () => resolve()
      port1.postMessage(null)
    }),
  )
}
