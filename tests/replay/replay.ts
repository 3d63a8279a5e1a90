import type * as Y from 'yjs'
import type { Trace } from '../support/trace.ts'
import { hasText, make, makeText, type Reference, type Sight, sightOf, textIn } from './reference.ts'

/*
 * Replays a recorded session: every author is a separate replica, and makes each run of edits when it has seen
 * exactly what was seen at the recording. Authors crossed each other on the way, so "everything made so far" would be
 * too much in any order: incoming edits are held, and let in up to the point that the run asks for.
 */

/** The interface that replay needs of a replica; CollabProvider has it. */
export interface ReplayAuthor {
  /** Client ids ascend with the authors: Yjs orders concurrent insertions by them. */
  readonly doc: Y.Doc
  /** Resolves when every edit made so far has its place in the order that all others see. */
  flushed(): Promise<void>
  /**
   * Holds incoming edits. The returned function lets them in: all of them, or with `until` only until it returns
   * true.
   */
  holdIncoming(): (until?: () => boolean) => void
}

/**
 * Makes all edits and resolves with every author's text when everyone has seen everything. The first author creates
 * the text, which all see before the first edit. Rejects if an author does not reach the view that a run was made on
 * within `deadlineMs`, or had to see more.
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

/** Returns false at the wanted view, and past it. */
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
