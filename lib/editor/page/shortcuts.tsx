'use client'

import { useWords } from '#lib/ui/interface.tsx'
import { keyNames } from '#lib/ui/key-names.ts'

/** All shortcuts, with the key names of this machine's keyboard. */
export function Shortcuts() {
  const words = useWords()
  const writing: [string, string][] = [
    [words.bold, 'Mod+B'],
    [words.italic, 'Mod+I'],
    [words.underline, 'Mod+U'],
    [words.strike, 'Mod+Shift+X'],
    [words.code, 'Mod+E'],
    [words.link, 'Mod+K'],
    [words.clearFormatting, 'Mod+\\'],
    [words.keys.headings, 'Mod+Alt+0…4'],
    [words.keys.lists, 'Mod+Shift+7 / 8 / 9'],
    [words.quote, 'Mod+Shift+B'],
    [words.codeBlock, 'Mod+Alt+C'],
    [words.keys.indent, 'Tab, Shift+Tab'],
    [words.keys.undoMine, 'Mod+Z, Mod+Shift+Z'],
  ]
  const page: [string, string][] = [
    [words.share, 'Mod+Alt+S'],
    [words.keys.save, 'Mod+S'],
    [words.keys.regions, 'F6'],
    [words.keys.leave, 'Esc, Tab'],
    [words.shortcuts, 'Mod+/'],
  ]
  const markdown: [string, string][] = [
    [words.heading(1), '#␣ ＃␣'],
    [words.bulletList, '-␣ －␣'],
    [words.orderedList, '1.␣ １．␣'],
    [words.taskList, '[]␣ ［］␣'],
    [words.quote, '>␣ ＞␣'],
    [words.codeBlock, '```␣ ｀｀｀␣'],
    [words.divider, '--- －－－'],
  ]
  return (
    <div className="keys">
      <Keys heading={words.keys.writing} rows={printed(writing)} />
      <div>
        <Keys heading={words.keys.page} rows={printed(page)} />
        <Keys heading={words.keys.markdown} rows={markdown} />
      </div>
    </div>
  )
}

function printed(rows: readonly [string, string][]): [string, string][] {
  return rows.map(([what, keys]) => [what, keyNames(keys)])
}

function Keys({ heading, rows }: { heading: string; rows: readonly [string, string][] }) {
  return (
    <section>
      <h3>{heading}</h3>
      <dl>
        {rows.map(([what, keys]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              <kbd>{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
