import { pathOf } from '#lib/protocol/urls.ts'
import { BookIcon } from '#lib/ui/icons.tsx'
import type { FrontWords } from '#lib/ui/words/front-words.ts'
import type { Words } from '#lib/ui/words/page-words.ts'

interface LockedPageProps {
  readonly words: Pick<Words, 'home'>
  readonly say: FrontWords['locked']
  readonly address: string
  /** True if the last password entered was wrong. */
  readonly wrong: boolean
}

/** The page that asks for the password of a link. Needs no JavaScript. */
export function LockedPage({ words, say, address, wrong }: LockedPageProps) {
  return (
    <main className="lonely">
      <a className="lonely-home" href={pathOf({ to: 'front' })} aria-label={words.home}>
        <BookIcon size={28} />
      </a>
      <h1>{say.title}</h1>
      <p>{say.hint}</p>
      <form className="unlock" method="post" action={pathOf({ to: 'api', path: 'access/unlock' })}>
        <input type="hidden" name="address" value={address} />
        <label htmlFor="password">{say.label}</label>
        <div className="unlock-row">
          <input
            id="password"
            className="field"
            name="password"
            type="password"
            required
            maxLength={200}
            autoComplete="off"
            // biome-ignore lint/a11y/noAutofocus: the page asks for nothing else
            autoFocus
            aria-invalid={wrong || undefined}
            aria-describedby={wrong ? 'wrong' : undefined}
          />
          <button type="submit" className="button button-large">
            {say.open}
          </button>
        </div>
        {wrong ? (
          <p id="wrong" className="note note-error" role="alert">
            {say.wrong}
          </p>
        ) : null}
      </form>
    </main>
  )
}
