import * as Y from 'yjs'
import { changeBetween } from './text-change.ts'

/**
 * A line of text in a field of the page, shared as a Y.Text. The field may be behind the shared text, because an input
 * method that composes in it would be disturbed: each character of the field knows its own in the shared text, so that
 * what is typed meanwhile is sent immediately and goes where it is meant, and removes nothing that others wrote.
 */
export class SharedLine {
  readonly #text: Y.Text
  readonly #limit: number
  #shown = ''
  /** The ids of the UTF-16 units of `shown`; null for one that was not sent. */
  #ids: (string | null)[] = []

  /** `limit`: the longest text that may be typed, UTF-16 units. */
  constructor(text: Y.Text, limit: number) {
    this.#text = text
    this.#limit = limit
    this.show()
  }

  /** The text of the field. */
  get shown(): string {
    return this.#shown
  }

  /** Sends what the person did to the field, whose text is now `value`. */
  typed(value: string): void {
    const change = changeBetween(this.#shown, value)
    if (!change) return
    const { index, remove } = change
    const now = placesOf(idsOf(this.#text))
    const gone = this.#ids.slice(index, index + remove).map((id) => now.get(id ?? ''))
    const doomed = new Set(gone.filter((at) => at !== undefined))
    const insert = cut(change.insert, this.#limit - now.size + doomed.size)
    const at = placeAfter(this.#ids, index, now)
    this.#text.doc?.transact(() => {
      // Whole runs, because Yjs must not cut a surrogate pair. They are all behind the place of the new text.
      for (const [from, length] of runsOf(doomed, now.size)) this.#text.delete(from, length)
      if (insert !== '') this.#text.insert(at, insert)
    })
    const sent = idsOf(this.#text).slice(at, at + insert.length)
    const unsent = Array.from({ length: change.insert.length - insert.length }, () => null)
    this.#ids.splice(index, remove, ...sent, ...unsent)
    this.#shown = value
  }

  /** Makes the field show the shared text as it is now. Returns where a position in the field has moved to. */
  show(): (position: number) => number {
    const before = this.#ids
    const now = idsOf(this.#text)
    this.#ids = now
    this.#shown = this.#text.toString()
    return (position) => placeAfter(before, position, placesOf(now))
  }
}

/** Returns the runs of neighbours in a set of positions below `end`, the last one first. */
function runsOf(positions: ReadonlySet<number>, end: number): [from: number, length: number][] {
  const runs: [number, number][] = []
  for (let at = end - 1; at >= 0; at--) {
    if (!positions.has(at)) continue
    const last = runs.at(-1)
    if (last && last[0] === at + 1) {
      last[0] = at
      last[1] += 1
    } else runs.push([at, 1])
  }
  return runs
}

/** Returns the place of each id. */
function placesOf(ids: readonly string[]): ReadonlyMap<string, number> {
  return new Map(ids.map((id, place) => [id, place]))
}

/** Returns the place in `now` behind the nearest unit in front of `position` that is still there. */
function placeAfter(
  ids: readonly (string | null)[],
  position: number,
  now: ReadonlyMap<string, number>,
): number {
  for (let at = position - 1; at >= 0; at--) {
    const place = now.get(ids[at] ?? '')
    if (place !== undefined) return place + 1
  }
  return 0
}

/** Returns the id of each UTF-16 unit of a text. */
function idsOf(text: Y.Text): string[] {
  const ids: string[] = []
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue
    for (let at = 0; at < item.length; at++) ids.push(`${item.id.client}:${item.id.clock + at}`)
  }
  return ids
}

function cut(text: string, length: number): string {
  const kept = text.slice(0, Math.max(0, length))
  return kept.isWellFormed() ? kept : kept.slice(0, -1)
}
