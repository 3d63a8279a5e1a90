import type { Channel } from '#lib/client/channel/channel.ts'

const never = <T>(): Promise<T> => new Promise(() => undefined)

/** A channel that never answers. */
export const SILENT: Channel = {
  join: never,
  pull: never,
  compare: never,
  update: () => undefined,
  leave: () => undefined,
}
