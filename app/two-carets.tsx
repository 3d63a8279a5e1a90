import './css/two-carets.css'

import { CheckIcon } from '#lib/ui/icons.tsx'
import type { FrontWords } from '#lib/ui/words/front-words.ts'

/**
 * A picture of the product: two people's carets in one text. Real text, so that it is sharp, in the reader's language
 * and colours. Moves once, unless the reader prefers less motion; read aloud as one image.
 */
export function TwoCarets({ words }: { words: FrontWords['picture'] }) {
  const [first, second] = words.people
  return (
    <figure className="two-carets" role="img" aria-label={words.label}>
      <div className="two-carets-page" aria-hidden="true">
        <div className="two-carets-bar">
          <b>{words.title}</b>
          <span className="two-carets-saved">
            <CheckIcon size={14} />
            {words.saved}
          </span>
          <span className="two-carets-faces">
            {words.people.map(({ name, initials }) => (
              <span key={name}>{initials}</span>
            ))}
          </span>
        </div>
        <p>
          {first.before}
          <span className="two-carets-typed">{first.typed}</span>
          <span className="two-carets-caret">
            <span>{first.name}</span>
          </span>
        </p>
        <ul>
          <li>{words.item}</li>
          <li>
            {second.before}
            <span className="two-carets-typed">{second.typed}</span>
            <span className="two-carets-caret">
              <span>{second.name}</span>
            </span>
          </li>
        </ul>
      </div>
    </figure>
  )
}
