import { pathOf } from '#lib/protocol/urls.ts'
import { BookIcon } from './icons.tsx'
import type { Words } from './words/page-words.ts'

interface NotFoundProps {
  readonly words: Words
  /** The heading; by default that of a document. */
  readonly sentence?: string
  /** Advice under the heading; by default that for a document. */
  readonly hint?: string
  /** The words of a link to the front page; without them only the sign leads there. */
  readonly back?: string
}

/**
 * The page for an address that opens nothing, or nothing for this person: both look the same. Needs no JavaScript.
 */
export function NotFound({ words, sentence, hint, back }: NotFoundProps) {
  return (
    <main className="lonely">
      <a className="lonely-home" href={pathOf({ to: 'front' })} aria-label={words.home}>
        <BookIcon size={28} />
      </a>
      <h1>{sentence ?? words.notFound}</h1>
      <p>{hint ?? words.notFoundHint}</p>
      <form method="post" action={pathOf({ to: 'api', path: 'documents' })}>
        <button type="submit" className="button button-large">
          {words.startNew}
        </button>
      </form>
      {back === undefined ? null : <a href={pathOf({ to: 'front' })}>{back}</a>}
    </main>
  )
}
