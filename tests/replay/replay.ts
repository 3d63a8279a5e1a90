import type * as Y from 'yjs'
import type { Trace } from '../support/trace.ts'
import { hasText, make, makeText, type Reference, type Sight, sightOf, textIn } from './reference.ts'

/*
 * Plays a recorded session again: every author is a replica of its own, and makes each run of edits when it has seen exactly
 * what was seen at the recording. Authors crossed each other on the way, so "everything made so far" would be too much in
 * any order: what comes in is held, and let in up to the point that the run asks for.
 */

/** What replay asks of a replica; CollabProvider is one. */
export interface ReplayAuthor {
  /** Client ids ascend with the authors: Yjs orders concurrent insertions by them. */
  readonly doc: Y.Doc
  /** Resolves when every edit made so far has its place in the order that all others see. */
  flushed(): Promise<void>
  /** Holds what comes in. The function lets it in again: all of it, or with `until` only until that answers true. */
  holdIncoming(): (until?: () => boolean) => void
}

/**
 * Makes all edits and resolves with every author's text when everybody has seen everything. The first author makes the text,
 * everybody sees it before the first edit. Rejects when an author does not come to see what a run was made on within
 * `deadlineMs`, or had to see more.
 */
export async function replay(
  trace: Trace,
  reference: Reference,
  authors: readonly ReplayAuthor[],
  deadlineMs = 10_000,
): Promise<string[]> {
  const docs = authors.map(({ doc }) => doc)
  const clientIds = docs.map((doc) => doc.clientID)
  const [first] = authors
  if (!first || authors.length !== trace.authors) throw new Error(`${trace.authors} authors are needed`)

  makeText(first.doc)
  await first.flushed()
  await Promise.all(docs.map((doc) => changed(doc, () => hasText(doc), deadlineMs)))
  const releases = authors.map((author) => author.holdIncoming())

  for (const [index, run] of trace.runs.entries()) {
    const author = authors[run.author]
    const sight = reference.sights[index]
    if (!author || !sight) throw new Error(`run ${index} is not in the reference`)
    const { doc } = author
    // Asked again later, when the author's own edits have changed the length: once enough, always enough.
    let enough = false
    const isEnough = () => {
      enough ||= !isBehind(sightOf(doc, clientIds), sight)
      return enough
    }
    try {
      if (!isEnough()) {
        releases[run.author]?.(isEnough)
        await changed(doc, isEnough, deadlineMs)
      }
      const seen = sightOf(doc, clientIds)
      if (!isSame(seen, sight)) {
        throw new Error(`seen: ${JSON.stringify(seen)}; at the recording: ${JSON.stringify(sight)}`)
      }
      for (const piece of run.pieces) {
        for (const edit of piece.edits) make(doc, edit)
        if (piece.handedOver) await author.flushed()
      }
    } catch (cause) {
      throw new Error(`run ${index}, author ${run.author}: ${String(cause)}`, { cause })
    }
  }

  await Promise.all(authors.map((author) => author.flushed()))
  for (const release of releases) release()
  await Promise.all(
    docs.map((doc) => changed(doc, () => !isBehind(sightOf(doc, clientIds), reference.end), deadlineMs)),
  )
  return docs.map((doc) => textIn(doc).toString())
}

/** False when it is there, and when it is past it. */
function isBehind(seen: Sight, wanted: Sight): boolean {
  const lacks = seen.clocks.map((clock, author) => (wanted.clocks[author] ?? 0) - clock)
  return lacks.every((lack) => lack >= 0) && (lacks.some((lack) => lack > 0) || seen.length > wanted.length)
}

function isSame(seen: Sight, wanted: Sight): boolean {
  return (
    seen.length === wanted.length && seen.clocks.every((clock, author) => clock === wanted.clocks[author])
  )
}

/** Resolves as soon as `condition` holds, now or after a change of the document. */
function changed(doc: Y.Doc, condition: () => boolean, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (condition()) {
      resolve()
      return
    }
    const end = () => {
      clearTimeout(timer)
      doc.off('afterTransaction', look)
    }
    const look = () => {
      if (!condition()) return
      end()
      resolve()
    }
    const timer = setTimeout(() => {
      end()
      reject(new Error(`not seen within ${deadlineMs} ms`))
    }, deadlineMs)
    doc.on('afterTransaction', look)
  })
}
