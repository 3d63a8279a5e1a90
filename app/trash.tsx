import type { TrashedDocument } from '#lib/library/contract.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { Question } from './question.tsx'
import type { Visitor } from './visitor.ts'

const DAY_MS = 24 * 3600 * 1000

/** Lists documents that their owner deleted and may restore: plain forms, complete without JavaScript. */
export function Trash({ documents, visitor }: { documents: readonly TrashedDocument[]; visitor: Visitor }) {
  const { words } = visitor
  const front = frontWordsIn(visitor.language)
  const now = Date.now()
  return (
    <details className="trash">
      <summary>{front.trash.heading(documents.length)}</summary>
      <ul>
        {documents.map((document) => (
          <li key={document.address}>
            <span className="trash-title" dir="auto">
              {document.title || words.untitled}
            </span>
            <span className="trash-days">
              {front.trash.days(Math.max(1, Math.ceil((document.erasedAt - now) / DAY_MS)))}
            </span>
            <form method="post" action={pathOf({ to: 'api', path: 'documents/restore' })}>
              <input type="hidden" name="address" value={document.address} />
              <button
                type="submit"
                className="button button-quiet"
                aria-label={front.trash.restoreWhat(document.title || words.untitled)}
              >
                {front.trash.restore}
              </button>
            </form>
            <Erasure document={document} visitor={visitor} />
          </li>
        ))}
      </ul>
    </details>
  )
}

function Erasure({ document, visitor }: { document: TrashedDocument; visitor: Visitor }) {
  const { words } = visitor
  const front = frontWordsIn(visitor.language)
  const id = `erase-${document.address}`
  return (
    <>
      <button
        type="button"
        className="button button-quiet trash-erase"
        popoverTarget={id}
        aria-label={front.trash.eraseWhat(document.title || words.untitled)}
      >
        {front.trash.erase}
      </button>
      <Question
        id={id}
        question={front.trash.eraseAsk}
        cancel={words.cancel}
        answer={front.trash.erase}
        path="documents/erase"
        name="address"
        value={document.address}
      />
    </>
  )
}
