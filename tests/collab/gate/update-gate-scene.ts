import * as encoding from 'lib0/encoding'
import { checkUpdates, type GateResult } from '#lib/collab/gate/update-gate.ts'
import { CONTENT, inRoot, type Part, section, update } from './update-gate-forge.ts'

/* A gate to test, and the updates that its tests send to it. */

export const ME = 7
export const OTHER = 9
export const STRANGER = 11

/**
 * Checks an update at the gate of a document in which client 7 (ME) has written 10 clocks and client 9 (OTHER) 20.
 */
export function gate(bytes: Uint8Array | readonly Uint8Array[], restore = false): GateResult {
  const known = new Map([
    [ME, 10],
    [OTHER, 20],
  ])
  const clocks = { get: (clientId: number) => known.get(clientId) ?? 0 }
  return checkUpdates(bytes instanceof Uint8Array ? [bytes] : bytes, { clientId: ME, clocks, restore })
}

export const codeOf = (result: GateResult): string => (result.ok ? 'ok' : result.code)
export const text = (words: string, clock = 10): Uint8Array =>
  update([section(ME, clock, [inRoot(CONTENT.string, 'title', words)])])
export const mine = (...structs: readonly Part[]): Uint8Array => update([section(ME, 10, structs)])
export const any = (value: unknown): Uint8Array =>
  encoding.encode((e) => encoding.writeAny(e, value as never))

export const ranges = (count: number, length: number): readonly (readonly [number, number])[] =>
  Array.from({ length: count }, (_, i) => [i * (length + 1), length] as const)
