import { statfsSync } from 'node:fs'

/** The space that a copy should leave free, bytes. */
const MARGIN_BYTES = 64 * 1024 * 1024
const MEGABYTE = 1024 * 1024

/** Returns why a copy of `bytes` does not fit into an existing folder, as the end of a sentence; null if it fits. */
export function lacksSpace(folder: string, bytes: number): string | null {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const needed = bytes + MARGIN_BYTES
  if (free >= needed) return null
  const megabytes = (count: number) => `${Math.ceil(count / MEGABYTE)} MB`
  return `needs ${megabytes(needed)} in ${folder}, and ${megabytes(free)} are free`
}
