'use client'

import type { Editor } from '@tiptap/core'
import { useState } from 'react'
import { countWords } from '#lib/document/word-count.ts'
import { useWords } from '#lib/ui/interface.tsx'

/** The length of the text, counted when the panel opens. */
export function WordCountPanel({ editor }: { editor: Editor }) {
  const words = useWords()
  const [length] = useState(() => lengthOf(editor))
  const rows: [string, number][] = [
    [words.count.words, length.words],
    [words.count.characters, length.characters],
    [words.count.withoutSpaces, length.withoutSpaces],
    [words.count.paragraphs, length.paragraphs],
  ]
  return (
    <dl className="facts">
      {rows.map(([name, number]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{number.toLocaleString('en')}</dd>
        </div>
      ))}
    </dl>
  )
}

function lengthOf({ state }: Editor) {
  const length = { words: 0, characters: 0, withoutSpaces: 0, paragraphs: 0 }
  state.doc.descendants((node) => {
    if (!node.isTextblock) return
    const text = node.textBetween(0, node.content.size, ' ', ' ')
    length.words += countWords(text)
    length.characters += [...text].length
    length.withoutSpaces += [...text.replace(/\s/gu, '')].length
    if (text.trim() !== '') length.paragraphs += 1
  })
  return length
}
