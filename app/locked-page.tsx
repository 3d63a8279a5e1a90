import { pathOf } from '#lib/protocol/urls.ts'
import { BookIcon } from '#lib/ui/icons.tsx'
import type { FrontWords } from '#lib/ui/words/front-words.ts'
import type { Words } from '#lib/ui/words/page-words.ts'
import { PasswordInput } from './password-input.tsx'

interface LockedPageProps {
  readonly words: Pick<Words, 'home'>
  readonly say: FrontWords['locked']
  /** The labels of the button that shows the password. */
  readonly labels: { readonly show: string; readonly hide: string }
  readonly address: string
  /** True if the last password entered was wrong. */
  readonly wrong: boolean
}

/** The page that asks for the password of a link. Needs no JavaScript. */
export function LockedPage({ words, say, labels, address, wrong }: LockedPageProps) {
  return (
    <main className="lonely">
      <a className="lonely-home" href={pathOf({ to: 'front' })} aria-label={words.home}>
        <BookIcon size={28} />
      </a>
      <h1>{say.title}</h1>
      <p>{say.hint}</p>
      <form className="unlock" method="post" action={pathOf({ to: 'api', path: 'access/unlock' })}>
        <input type="hidden" name="address" value={address} />
        <label id="password-label" htmlFor="password">
          {say.label}
        </label>
        <div className="unlock-row">
          <PasswordInput
            id="password"
            labelledBy="password-label"
            name="password"
            labels={labels}
            required
            maxLength={200}
            autoComplete="off"
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
