'use client'

import { useWords } from '#lib/ui/interface.tsx'

/** All shortcuts, with the key names of this machine's keyboard. */
export function Shortcuts() {
  const words = useWords()
  const mac = /Mac|iPhone|iPad/.test(navigator.platform)
  const mod = mac ? '⌘' : 'Ctrl'
  const alt = mac ? '⌥' : 'Alt'
  const writing: [string, string][] = [
    [words.bold, `${mod} B`],
    [words.italic, `${mod} I`],
    [words.underline, `${mod} U`],
    [words.strike, `${mod} Shift X`],
    [words.code, `${mod} E`],
    [words.link, `${mod} K`],
    [words.clearFormatting, `${mod} \\`],
    [words.keys.headings, `${mod} ${alt} 0…4`],
    [words.keys.lists, `${mod} Shift 7 / 8 / 9`],
    [words.quote, `${mod} Shift B`],
    [words.codeBlock, `${mod} ${alt} C`],
    [words.keys.indent, 'Tab, Shift Tab'],
    [words.keys.undoMine, `${mod} Z, ${mod} Shift Z`],
  ]
  const page: [string, string][] = [
    [words.share, `${mod} ${alt} S`],
    [words.keys.save, `${mod} S`],
    [words.keys.regions, 'F6'],
    [words.keys.leave, 'Esc, Tab'],
    [words.shortcuts, `${mod} /`],
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
      <Keys heading={words.keys.writing} rows={writing} />
      <div>
        <Keys heading={words.keys.page} rows={page} />
        <Keys heading={words.keys.markdown} rows={markdown} />
      </div>
    </div>
  )
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
