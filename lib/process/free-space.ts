import { statfs } from 'node:fs/promises'
import type { Clock } from '#lib/protocol/clock.ts'
import type { Log } from './log.ts'

/** The interval at which the disk is looked at, ms. A fast writer fills some 100 MB in it. */
const LOOK_MS = 10_000
/** The share of the mark by which free space must exceed it again before it counts as enough. */
const RELIEF = 0.1

/** The file system of the data folder. */
export interface Disk {
  /** Returns the bytes that this process may still write. */
  free(): Promise<number>
}

export interface FreeSpacePorts {
  readonly disk: Disk
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
  /** Free space below this is low, bytes; 0 if it never is. */
  readonly mark: number
}

/** Returns the file system that a folder is on. */
export function diskOf(folder: string): Disk {
  return {
    async free() {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    },
  }
}

/** Watches the free space of the disk, and writes to the log when it becomes low or is enough again. */
export class FreeSpace {
  readonly #ports: FreeSpacePorts
  #free: number | null = null
  #isLow = false
  #isClosed = false
  #cancel: (() => void) | null = null

  private constructor(ports: FreeSpacePorts) {
    this.#ports = ports
  }

  /** Resolves when the disk was looked at. */
  static async watch(ports: FreeSpacePorts): Promise<FreeSpace> {
    const space = new FreeSpace(ports)
    await space.#look()
    return space
  }

  /** The bytes that were free when the disk was last looked at; null if that failed. */
  get free(): number | null {
    return this.#free
  }

  get isLow(): boolean {
    return this.#isLow
  }

  /** Ends the watch. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  async #look(): Promise<void> {
    const { disk, clock, mark } = this.#ports
    // A file system that does not tell is not low.
    this.#free = await disk.free().catch(() => null)
    const isLow = this.#free !== null && this.#free < mark * (this.#isLow ? 1 + RELIEF : 1)
    if (isLow !== this.#isLow) this.#turn(isLow)
    if (!this.#isClosed) this.#cancel = clock.after(LOOK_MS, () => void this.#look())
  }

  #turn(isLow: boolean): void {
    const { log, mark } = this.#ports
    this.#isLow = isLow
    const about = { freeBytes: this.#free, markBytes: mark }
    if (isLow) log.error(about, 'disk.low')
    else log.info(about, 'disk.enough')
  }
}
