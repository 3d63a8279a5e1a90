import * as LIMITS from '#lib/protocol/limits.ts'
import { GateBytes, malformed, RefusedUpdate } from './update-gate-bytes.ts'

/*
 * The struct level of the update gate: a Yjs v1 update as written by yjs/src/utils/encoding.js and structs/*.js.
 * Stricter than Yjs where Yjs writes only one form: each client once and in descending order, delete ranges ascending
 * and
 * not adjoining, no empty sections, flags 0 or 1. So every reader of these bytes sees the same update, in linear
 * time.
 */

const MAX_CLIENT_ID = 0xffff_ffff
const MAX_CLOCK = 0x7fff_ffff
/**
 * Maximum clocks in a deleted or garbage-collected run. A run claims its length in a few bytes; no client instance
 * comes near this.
 */
const MAX_RUN = 2 ** 24 - 1

export interface Id {
  readonly client: number
  readonly clock: number
}

/** A struct as the rules see it: the clocks it takes up, and what must be there before it. */
export interface Struct {
  readonly start: number
  readonly end: number
  readonly origin: Id | null
  readonly rightOrigin: Id | null
  /** Name of the root type, or id of the item that holds the parent type; null if the origins determine it. */
  readonly parent: string | Id | null
  readonly isType: boolean
  readonly isText: boolean
}

/** Called for the contents of an update, in order. */
export interface UpdateVisitor {
  /** Called for each value of a list, attribute, format or embed, and for each value inside one. */
  value?(): void
  section?(client: number): void
  struct(client: number, struct: Struct): void
  /** Called after the last struct. */
  structsEnd?(): void
  deleteRange?(client: number, clock: number, end: number): void
}

const DELETED = 1
const JSON_LIST = 2
const BINARY = 3
const STRING = 4
const EMBED = 5
const FORMAT = 6
const TYPE = 7
const ANY_LIST = 8

const HAS_ORIGIN = 128
const HAS_RIGHT_ORIGIN = 64
const HAS_KEY = 32
const CONTENT = 31

/** Reads one update to its last byte. Throws RefusedUpdate ('invalid-update'). */
export function visitUpdate(update: Uint8Array, visitor: UpdateVisitor): void {
  const bytes = new GateBytes(update, () => visitor.value?.())
  let previous = MAX_CLIENT_ID + 1
  for (let sections = bytes.count(); sections > 0; sections--) {
    const structs = bytes.count()
    if (structs === 0) malformed('empty section')
    const client = bytes.uint(MAX_CLIENT_ID)
    if (client >= previous) malformed('clients out of order')
    previous = client
    let clock = bytes.uint(MAX_CLOCK)
    visitor.section?.(client)
    for (let i = 0; i < structs; i++) {
      const struct = readStruct(bytes, clock)
      if (struct.end > MAX_CLOCK) malformed('clock too large')
      clock = struct.end
      visitor.struct(client, struct)
    }
  }
  visitor.structsEnd?.()
  visitDeleteSet(bytes, visitor)
  if (bytes.left > 0) malformed('bytes left over')
}

function visitDeleteSet(bytes: GateBytes, visitor: UpdateVisitor): void {
  let previous = MAX_CLIENT_ID + 1
  for (let clients = bytes.count(); clients > 0; clients--) {
    const client = bytes.uint(MAX_CLIENT_ID)
    if (client >= previous) malformed('clients out of order')
    previous = client
    let end = -1
    const ranges = bytes.count()
    if (ranges === 0) malformed('empty delete set')
    for (let i = 0; i < ranges; i++) {
      const clock = bytes.uint(MAX_CLOCK)
      const length = bytes.uint(MAX_CLOCK)
      if (length === 0 || clock <= end) malformed('delete ranges out of order')
      end = clock + length
      visitor.deleteRange?.(client, clock, end)
    }
  }
}

function readStruct(bytes: GateBytes, start: number): Struct {
  const info = bytes.byte()
  // A garbage-collected run, which Yjs writes without flags.
  if (info === 0) {
    const end = start + readRun(bytes)
    return { start, end, origin: null, rightOrigin: null, parent: null, isType: false, isText: false }
  }
  const origin = info & HAS_ORIGIN ? readId(bytes) : null
  const rightOrigin = info & HAS_RIGHT_ORIGIN ? readId(bytes) : null
  let parent: string | Id | null = null
  if (origin === null && rightOrigin === null) {
    parent = bytes.uint(1) === 1 ? bytes.name() : readId(bytes)
    if (info & HAS_KEY) bytes.name()
  }
  const content = info & CONTENT
  const end = start + readContent(bytes, content)
  return { start, end, origin, rightOrigin, parent, isType: content === TYPE, isText: content === STRING }
}

function readId(bytes: GateBytes): Id {
  return { client: bytes.uint(MAX_CLIENT_ID), clock: bytes.uint(MAX_CLOCK) }
}

function readRun(bytes: GateBytes): number {
  const length = bytes.uint(MAX_RUN)
  return length > 0 ? length : malformed('empty struct')
}

/** Skips an item's content. Returns its length in clocks. */
function readContent(bytes: GateBytes, content: number): number {
  switch (content) {
    case DELETED:
      return readRun(bytes)
    case JSON_LIST:
      return readList(bytes, () => bytes.legacyJsonText())
    case BINARY:
      bytes.skip(bytes.count())
      return 1
    case STRING: {
      const units = bytes.text()
      return units > 0 ? units : malformed('empty struct')
    }
    case EMBED:
      bytes.jsonText()
      return 1
    case FORMAT:
      bytes.name()
      bytes.jsonText()
      return 1
    case TYPE:
      readType(bytes)
      return 1
    case ANY_LIST:
      return readList(bytes, () => bytes.any())
    default:
      // 9 is a subdocument, 10 a hole left by merging updates that do not touch; neither belongs in a log.
      return malformed('content of a forbidden kind')
  }
}

function readList(bytes: GateBytes, readValue: () => void): number {
  const length = bytes.count()
  if (length === 0) malformed('empty struct')
  for (let i = 0; i < length; i++) readValue()
  return length
}

const XML_ELEMENT = 3
const XML_HOOK = 5
const XML_TEXT = 6

function readType(bytes: GateBytes): void {
  const ref = bytes.uint(XML_TEXT)
  if (ref === XML_ELEMENT || ref === XML_HOOK) bytes.name()
}

/** Counts the contents of one batch against the limits. Throws RefusedUpdate ('too-large'). */
export class BatchBounds {
  #structs = 0
  #ranges = 0
  #deleted = 0
  #values = 0

  struct(): void {
    if (++this.#structs > LIMITS.structs) tooLarge(`more than ${LIMITS.structs} structs in one batch`)
  }

  get values(): number {
    return this.#values
  }

  value(): void {
    if (++this.#values > LIMITS.values) tooLarge(`more than ${LIMITS.values} values in one batch`)
  }

  /**
   * Counts a deleted range. Lengths are summed because a client that deletes walks every struct of the range, even
   * those that are already deleted.
   */
  deleteRange(length: number): void {
    if (++this.#ranges > LIMITS.deleteRanges)
      tooLarge(`more than ${LIMITS.deleteRanges} delete ranges in one batch`)
    this.#deleted += length
    if (this.#deleted > LIMITS.deletedLength)
      tooLarge(`more than ${LIMITS.deletedLength} clocks deleted in one batch`)
  }
}

export function tooLarge(message: string): never {
  throw new RefusedUpdate('too-large', message)
}
