import { pathOf } from '#lib/protocol/urls.ts'
import { BackIcon, BookIcon } from '#lib/ui/icons.tsx'
import type { Words } from '#lib/ui/words/page-words.ts'

/** The words of the frame: plain strings, so that the server can pass them to the browser. */
export type ShellWords = Pick<Words, 'home' | 'opening' | 'needsJavaScript'> & {
  readonly chip: Pick<Words['chip'], 'opening'>
}

/** The page before the document is open: the frame is where it will stay, so that nothing moves. */
export function DocumentShell({ title, words }: { title: string; words: ShellWords }) {
  return (
    <div className="app">
      <header className="bar">
        <HomeLink words={words} />
        <span className="grow" />
        <span className="chip chip-quiet">
          <span className="chip-words">{words.chip.opening}</span>
        </span>
      </header>
      <div className="toolbar-place" />
      <main className="page" aria-busy="true">
        <Waiting title={title} words={words} />
        <noscript>
          <p className="lonely-hint">{words.needsJavaScript}</p>
        </noscript>
      </main>
      <footer className="status-line" />
    </div>
  )
}

/** The title that the server knows, where it will be in the page, while the text is being opened. */
export function Waiting({ title, words }: { title: string; words: Pick<Words, 'opening'> }) {
  return (
    <>
      {title === '' ? null : (
        <h1 className="headline" dir="auto">
          {title}
        </h1>
      )}
      <p className="waiting" role="status">
        {words.opening}
      </p>
    </>
  )
}

/** The link back to the front page. */
export function HomeLink({ words }: { words: Pick<Words, 'home'> }) {
  return (
    <a className="home" href={pathOf({ to: 'front' })} aria-label={words.home} title={words.home}>
      <span className="home-wide">
        <BookIcon size={22} />
      </span>
      <span className="home-narrow">
        <BackIcon size={22} />
      </span>
    </a>
  )
}
