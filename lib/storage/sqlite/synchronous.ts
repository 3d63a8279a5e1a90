/** A port as the storage thread implements it: the same methods, returning their values instead of promises. */
export type Synchronous<Port> = {
  [K in keyof Port]: Port[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => R : never
}
