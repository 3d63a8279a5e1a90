import { closeSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'

/**
 * The behaviour of the disk of shim/bad-disk.c. `room`: bytes by which files may still grow; `from`: first failing
 * call, from 1.
 */
export type DiskMood =
  | { readonly is: 'well' | 'read-only' | 'slow' }
  | { readonly is: 'full'; readonly room: number }
  | { readonly is: 'failing'; readonly from: number; readonly times: number }

const MODES = { well: 0, full: 1, 'read-only': 2, failing: 3, slow: 4 } as const
const NUMBERS = 6
const BYTES = NUMBERS * BigInt64Array.BYTES_PER_ELEMENT

/** The file that tells a running process with the shim how its disk behaves. */
export class DiskControl {
  readonly path: string
  readonly #file: number

  constructor(path: string) {
    this.path = path
    writeFileSync(path, new Uint8Array(BYTES))
    this.#file = openSync(path, 'r+')
  }

  /** Changes the behaviour from now on and resets the counts below. */
  become(mood: DiskMood): void {
    const room = mood.is === 'full' ? mood.room : 0
    const { from, times } = mood.is === 'failing' ? mood : { from: 0, times: 0 }
    const numbers = [0, room, from, times, 0, 0].map(BigInt)
    // The mood last: the process reads while this writes.
    this.#write(0, numbers)
    this.#write(0, [BigInt(MODES[mood.is])])
  }

  /**
   * Returns the number of writes, syncs and truncations since `become`, and of these and other calls that were
   * refused or held.
   */
  read(): { calls: number; faults: number } {
    const numbers = new BigInt64Array(NUMBERS)
    readSync(this.#file, numbers, 0, BYTES, 0)
    return { calls: Number(numbers[4]), faults: Number(numbers[5]) }
  }

  close(): void {
    closeSync(this.#file)
    rmSync(this.path)
  }

  #write(at: number, numbers: bigint[]): void {
    writeSync(this.#file, new BigInt64Array(numbers), 0, numbers.length * BigInt64Array.BYTES_PER_ELEMENT, at)
  }
}
