'use client'

import { Editor } from '@tiptap/core'
import { Selection } from '@tiptap/pm/state'
import { useEffect, useRef, useState } from 'react'
import * as LIMITS from '#lib/protocol/limits.ts'
import { report } from '#lib/protocol/report.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { useLanguage, useWords } from '#lib/ui/interface.tsx'
import type { Language } from '#lib/ui/words/language.ts'
import type { Words } from '#lib/ui/words/page-words.ts'
import { extensions } from '../blocks/extensions.ts'
import { sayAgain } from '../blocks/worded-nodes.ts'
import { CaretDrawing } from '../carets/caret-drawing.ts'
import { followFlags } from '../carets/caret-flags.ts'
import { ownCaret, remoteCarets } from '../carets/caret-layer.ts'
import { OwnPresence } from '../carets/own-presence.ts'
import { pageFrames } from '../carets/page-frames.ts'
import { keepReadingPlace } from '../carets/reading-place.ts'
import { Clipboard } from '../clipboard/clipboard.ts'
import type { ClipboardNotice } from '../clipboard/pasting.ts'
import { holdWhileComposing } from '../composition/composition-hold.ts'
import type { DocumentSession } from '../session/document-session.ts'

interface TextSurfaceProps {
  readonly session: DocumentSession
  readonly editable: boolean
  /** True if the document was created in this tab: the text gets the focus immediately. */
  readonly focusAtOnce: boolean
  /** Called with the editor, and with null when it is destroyed. */
  readonly onEditor: (editor: Editor | null) => void
  readonly onLink: () => void
  /** Called with a sentence for the person: their action was not carried out. */
  readonly onNotice: (sentence: string) => void
  /** Called on the arrow up in the first line, under the title. */
  readonly onLeaveUp: () => void
}

/**
 * The editable body of the document: one Tiptap editor bound to the Y.Doc, created and destroyed with this component.
 */
export function TextSurface(props: TextSurfaceProps) {
  const { session, editable } = props
  const words = useWords()
  const { language } = useLanguage()
  const place = useRef<HTMLDivElement>(null)
  const [editor, setEditor] = useState<Editor | null>(null)
  // The editor outlives a single rendering: its callbacks are read from here.
  const latest = useRef({ ...props, words, language })
  latest.current = { ...props, words, language }

  useEffect(() => {
    const element = place.current
    if (!element) return
    const made = makeEditor(element, session, latest)
    setEditor(made.editor)
    latest.current.onEditor(made.editor)
    return () => {
      latest.current.onEditor(null)
      setEditor(null)
      made.destroy()
    }
  }, [session])

  useEffect(() => {
    if (!editor) return
    if (editor.isEditable !== editable) editor.setEditable(editable, false)
    editor.view.dom.setAttribute('aria-readonly', String(!editable))
    if (editable) void completeSoon(editor)
  }, [editor, editable])

  useEffect(() => {
    if (!editor) return
    editor.view.dom.setAttribute('aria-label', words.body)
    sayAgain(editor.view, language)
  }, [editor, language, words])

  return <div ref={place} className="surface" />
}

type Latest = React.RefObject<TextSurfaceProps & { words: Words; language: Language }>

function makeEditor(element: HTMLElement, session: DocumentSession, latest: Latest) {
  const { provider, doc } = session
  const editor = new Editor({
    element,
    injectCSS: false,
    editable: latest.current.editable,
    autofocus: latest.current.focusAtOnce ? 'start' : false,
    // Signs of Markdown in what is pasted are no formats by themselves (lib/document/markdown/signs.ts).
    enablePasteRules: false,
    extensions: [
      ...extensions(() => latest.current.words, doc, {
        onNesting: (notice) => latest.current.onNotice(latest.current.words.nesting[notice]),
        onTrouble: (error) => report('the text was shown anew after an exception', error, 'error'),
      }),
      Clipboard.configure({
        onNotice: (notice) => latest.current.onNotice(clipboardSentence(notice, latest.current.words)),
      }),
    ],
    editorProps: {
      attributes: { role: 'textbox', 'aria-multiline': 'true', class: 'writing' },
      handleKeyDown: (view, event) => {
        if (leavesUp(view, event)) latest.current.onLeaveUp()
        else if (isLinkKey(event)) latest.current.onLink()
        else return false
        event.preventDefault()
        return true
      },
    },
  })
  const { view } = editor
  const carets = new CaretDrawing(view, pageFrames.soon)
  editor.registerPlugin(carets.layer)

  const draw = () => {
    const peers = provider.status.phase === 'ended' ? [] : provider.peers
    carets.show(remoteCarets(peers, (peer) => displayName(peer, latest.current.words)))
  }
  draw()
  const scroller = element.closest('.page')
  const stops = [
    provider.on('peers', draw),
    provider.on('status', (status) => {
      if (status.phase === 'ended') draw()
    }),
    () => carets.destroy(),
    holdWhileComposing(view, doc, (passes) => provider.holdIncoming(passes)),
    followFlags(editor),
    ...(scroller instanceof HTMLElement ? [keepReadingPlace(editor, scroller)] : []),
    new OwnPresence(provider, () => (editor.isDestroyed ? null : ownCaret(editor.state))).follow(editor),
  ]
  session.goTo?.(editor, doc)
  if (session.sentence) latest.current.onNotice(session.sentence(latest.current.language))
  return {
    editor,
    destroy: () => {
      for (const stop of stops) stop()
      editor.destroy()
    },
  }
}

const complete = new WeakSet<Editor>()

/**
 * Adds links for typed addresses and the keys between blocks, once per editor, when typing is possible. If they cannot be
 * loaded, addresses stay text and Tiptap's keys apply, and it is tried again the next time the person may write.
 */
async function completeSoon(editor: Editor): Promise<void> {
  if (complete.has(editor)) return
  complete.add(editor)
  try {
    const [{ linkTypedAddresses }, { addBlockKeys }] = await Promise.all([
      import('../blocks/typed-addresses.ts'),
      import('../blocks/block-keys.ts'),
    ])
    if (editor.isDestroyed) return
    linkTypedAddresses(editor)
    addBlockKeys(editor)
  } catch (error) {
    complete.delete(editor)
    report('typed addresses do not become links, and keys between blocks are not ours', error, 'debug')
  }
}

function clipboardSentence(notice: ClipboardNotice, words: Words): string {
  return notice === 'too-large'
    ? words.pasteTooLarge(LIMITS.pasteBytes / 1024 / 1024)
    : words.clipboard[notice]
}

/** Returns true for the arrow up in the first line of the text, if a title stands above it. */
function leavesUp(view: Editor['view'], event: KeyboardEvent): boolean {
  const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey
  if (event.key !== 'ArrowUp' || !isPlain || event.isComposing || event.keyCode === 229) return false
  const { doc, selection } = view.state
  const isFirst = selection.empty && Selection.atStart(doc).$head.parent === selection.$head.parent
  return isFirst && view.endOfTextblock('up') && view.dom.closest('.has-title') !== null
}

function isLinkKey(event: KeyboardEvent): boolean {
  return (
    (event.ctrlKey || event.metaKey) &&
    !event.altKey &&
    !event.shiftKey &&
    !event.isComposing &&
    event.key.toLowerCase() === 'k'
  )
}
