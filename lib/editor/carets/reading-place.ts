import type { Editor } from '@tiptap/core'
import { syncKey } from '../binding/plugin-states.ts'

/** The elements that may hold the reading place: at least one line of text and not much more than a screen. */
const PIECES = 'p, h1, h2, h3, h4, pre, hr'
/** The number of elements remembered: the first ones may be deleted. */
const REMEMBERED = 8

interface Landmark {
  readonly piece: Element
  /** Its distance from the beginning of the text, px. */
  readonly at: number
}

/**
 * Keeps the visible text in place while others write above it: the first piece of text on the screen stays where it
 * is. Browsers do this themselves, but not in a focused text, which they treat as one piece, so their own anchoring
 * is switched off everywhere (`overflow-anchor: none`). The same applies to blocks that turn out higher or lower than
 * estimated while they were not laid out. Positions are read after a layout and before it is painted, so they cost
 * none. Own edits move the text as usual. Returns a function that ends it.
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
    // Show additions at the beginning to a person who looks there and is not writing.
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
  // The page's messages are above the text: they appear, grow and go.
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

/** Yields the blocks of the text, starting with the first that reaches below `top`. */
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
