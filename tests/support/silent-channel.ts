import type { Channel } from '#lib/client/channel/channel.ts'

const never = <T>(): Promise<T> => new Promise(() => undefined)

/** A channel on which nothing is ever answered. */
export const SILENT: Channel = {
  join: never,
  pull: never,
  compare: never,
  update: () => undefined,
  leave: () => undefined,
}
