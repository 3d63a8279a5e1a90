'use client'

import type { Editor } from '@tiptap/core'
import { useEffect, useRef, useState } from 'react'
import { copyText } from '#lib/ui/copy-text.ts'
import { useAnnounce, useWords } from '#lib/ui/interface.tsx'

/** "Copied" is shown this long, ms. */
const COPIED_FOR = 2_000

/** A block of code that is pointed at or holds the caret; its place is in the paper around the text, px. */
interface Shown {
  readonly block: HTMLElement
  readonly top: number
  readonly end: number
  readonly language: string
}

/**
 * The language of a block of code and a button that copies it, over the block that the pointer or the caret is in. One
 * for the whole text: nothing is drawn into the document. Rendered beside the text.
 */
export function CodeTools({ editor }: { editor: Editor }) {
  const words = useWords()
  const announce = useAnnounce()
  const tools = useRef<HTMLDivElement>(null)
  const [shown, setShown] = useState<Shown | null>(null)
  const [copied, setCopied] = useState(false)

  useEffect(() => {
    const { dom } = editor.view
    let pointed: HTMLElement | null = null
    let frame = 0
    const look = () => {
      frame = 0
      if (editor.isDestroyed) return
      const block = pointed?.isConnected ? pointed : blockAtCaret(editor)
      const inside = tools.current?.contains(document.activeElement)
      setShown((before) => (block || !inside ? placed(editor, block, before) : before))
    }
    const lookSoon = () => {
      frame ||= requestAnimationFrame(look)
    }
    const pointer = ({ target }: PointerEvent) => {
      if (!(target instanceof Element) || tools.current?.contains(target)) return
      const block = target.closest('pre')
      pointed = block && dom.contains(block) ? block : null
      lookSoon()
    }
    const resize = new ResizeObserver(lookSoon)
    resize.observe(dom)
    editor.on('transaction', lookSoon)
    window.addEventListener('pointerover', pointer)
    return () => {
      cancelAnimationFrame(frame)
      resize.disconnect()
      editor.off('transaction', lookSoon)
      window.removeEventListener('pointerover', pointer)
    }
  }, [editor])

  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), COPIED_FOR)
    return () => clearTimeout(timer)
  }, [copied])

  if (!shown) return null
  const copy = async () => {
    const done = await copyText(shown.block.textContent ?? '')
    setCopied(done)
    announce(done ? words.copied : words.copyFailed)
  }
  return (
    <div
      ref={tools}
      className="code-tools"
      style={{ insetBlockStart: shown.top, insetInlineEnd: shown.end }}
      contentEditable={false}
    >
      {shown.language === '' ? null : <span>{shown.language}</span>}
      <button type="button" onClick={() => void copy()}>
        {copied ? words.copied : words.copy}
      </button>
    </div>
  )
}

function blockAtCaret({ state, view }: Editor): HTMLElement | null {
  const { $head } = state.selection
  if ($head.parent.type.name !== 'codeBlock') return null
  const block = view.nodeDOM($head.before())
  return block instanceof HTMLElement ? block : null
}

/** Returns where the tools of a block are; `before` if nothing has changed. */
function placed({ view }: Editor, block: HTMLElement | null, before: Shown | null): Shown | null {
  const paper = view.dom.closest('.paper')
  if (!block || !paper) return null
  const [box, around] = [block.getBoundingClientRect(), paper.getBoundingClientRect()]
  const language = languageOf(block)
  const next = {
    block,
    top: Math.round(box.top - around.top),
    end: Math.round(around.right - box.right),
    language,
  }
  const isSame =
    before?.block === block &&
    before.top === next.top &&
    before.end === next.end &&
    before.language === language
  return isSame ? before : next
}

/** Returns the language of a block as it is written in the document, at most 20 characters of it. */
function languageOf(block: HTMLElement): string {
  const name = [...(block.firstElementChild?.classList ?? [])].find((each) => each.startsWith('language-'))
  return name?.slice('language-'.length).slice(0, 20) ?? ''
}
