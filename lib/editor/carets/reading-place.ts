import type { Editor } from '@tiptap/core'
import { syncKey } from '../binding/plugin-states.ts'

/** What may stand still: one line of text at least, and not much more than a screen. */
const PIECES = 'p, h1, h2, h3, h4, pre, hr'
/** So many are remembered: the first ones may be deleted. */
const REMEMBERED = 8

interface Landmark {
  readonly piece: Element
  /** Its distance from the beginning of the text, px. */
  readonly at: number
}

/**
 * Whatever others write above what is on the screen, that stays where it is: the first piece of text on the screen keeps its
 * place. Browsers do this by themselves, but not in a text that has the focus, which they take for one piece; so it is theirs
 * nowhere (`overflow-anchor: none`). The same holds for blocks that turn out higher or lower than they were taken to be when
 * they were not laid out. What lies where is read behind a layout, before it is painted, so that it costs none. Own edits move
 * the text as they move it. Returns what ends it.
 */
export function keepReadingPlace(editor: Editor, scroller: HTMLElement): () => void {
  const { dom } = editor.view
  let landmarks: readonly Landmark[] = []
  let ownEdit = false

  const place = (piece: Element): number =>
    piece.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop

  const look = () => {
    const { top, bottom } = scroller.getBoundingClientRect()
    const found: Landmark[] = []
    let cut: Element | null = null
    for (const block of blocksFrom(dom, top)) {
      if (block.getBoundingClientRect().top >= bottom) break
      const pieces = block.matches(PIECES) ? [block] : block.querySelectorAll(PIECES)
      for (const piece of pieces) {
        const box = piece.getBoundingClientRect()
        if (box.top >= top) found.push({ piece, at: place(piece) })
        else if (box.bottom > top) cut = piece
        if (found.length === REMEMBERED) break
      }
      if (found.length === REMEMBERED) break
    }
    // One piece may fill the screen.
    landmarks = found.length > 0 || !cut ? found : [{ piece: cut, at: place(cut) }]
  }

  const settle = () => {
    const landmark = landmarks.find(({ piece }) => piece.isConnected)
    const moves = landmark && !ownEdit ? place(landmark.piece) - landmark.at : 0
    ownEdit = false
    // Who looks at the beginning and does not write is shown what is added to it.
    const atBeginning = scroller.scrollTop === 0 && !(editor.isFocused && editor.isEditable)
    if (Math.abs(moves) >= 1 && !atBeginning) scroller.scrollTop += moves
    look()
  }
  const observer = new ResizeObserver(settle)
  const noteOwn = ({ transaction }: { transaction: Editor['state']['tr'] }) => {
    const { isChangeOrigin, isUndoRedoOperation } = transaction.getMeta(syncKey) ?? {}
    if (transaction.docChanged && (!isChangeOrigin || isUndoRedoOperation)) ownEdit = true
  }
  observer.observe(dom)
  // What the page has to say stands above the text: it comes, grows and goes.
  const around = new MutationObserver(() => {
    for (const each of scroller.children) observer.observe(each)
  })
  around.observe(scroller, { childList: true })
  scroller.addEventListener('scroll', settle, { passive: true })
  editor.on('transaction', noteOwn)
  return () => {
    observer.disconnect()
    around.disconnect()
    scroller.removeEventListener('scroll', settle)
    editor.off('transaction', noteOwn)
  }
}

/** The blocks of the text from the first one on that reaches below `top`. */
export function* blocksFrom(text: Element, top: number): Generator<Element> {
  const { children } = text
  let from = 0
  let to = children.length
  while (from < to) {
    const middle = (from + to) >> 1
    const box = children[middle]?.getBoundingClientRect()
    if (box && box.bottom > top) to = middle
    else from = middle + 1
  }
  for (let at = from; at < children.length; at++) {
    const block = children[at]
    if (block) yield block
  }
}
