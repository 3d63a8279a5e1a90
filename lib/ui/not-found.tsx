import { pathOf } from '#lib/protocol/urls.ts'
import { BookIcon } from './icons.tsx'
import type { Words } from './words/page-words.ts'

/**
 * The page for an address that opens nothing, or nothing for this person: both look the same. Needs no JavaScript.
 */
export function NotFound({ words, sentence = words.notFound }: { words: Words; sentence?: string }) {
  return (
    <main className="lonely">
      <a className="lonely-home" href={pathOf({ to: 'front' })} aria-label={words.home}>
        <BookIcon size={28} />
      </a>
      <h1>{sentence}</h1>
      <p>{words.notFoundHint}</p>
      <form method="post" action={pathOf({ to: 'api', path: 'documents' })}>
        <button type="submit" className="button button-large">
          {words.startNew}
        </button>
      </form>
    </main>
  )
}
