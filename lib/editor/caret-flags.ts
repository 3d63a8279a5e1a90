import type { Editor } from '@tiptap/core'

/** A name flag is at most this wide (app/css/carets.css), px. */
const FLAG_WIDTH = 240

/**
 * Looks after the name flags: those within one line of one's own caret are hidden (they would lie over what one is
 * writing), those at the end of a line turn back into the page. Looks once per frame at most, and only while there are
 * carets. Returns what ends it.
 */
export function followFlags(editor: Editor): () => void {
  let frame = 0
  const look = () => {
    frame = 0
    if (editor.isDestroyed) return
    const { dom } = editor.view
    const carets = [...dom.querySelectorAll<HTMLElement>('.caret')]
    if (carets.length === 0) return
    const own = editor.isFocused ? editor.view.coordsAtPos(editor.state.selection.head) : null
    const line = own ? Math.max(16, own.bottom - own.top) : 0
    const end = dom.getBoundingClientRect().right
    // All reading before all writing: one layout.
    const seen = carets.map((caret) => {
      const box = caret.getBoundingClientRect()
      return {
        near: own !== null && box.top < own.bottom + line && box.bottom > own.top - line,
        turned: box.left > end - FLAG_WIDTH,
      }
    })
    carets.forEach((caret, index) => {
      caret.classList.toggle('is-near', seen[index]?.near)
      caret.classList.toggle('is-turned', seen[index]?.turned)
    })
  }
  const lookSoon = () => {
    frame ||= requestAnimationFrame(look)
  }
  editor.on('transaction', lookSoon)
  editor.on('focus', lookSoon)
  editor.on('blur', lookSoon)
  return () => {
    cancelAnimationFrame(frame)
    editor.off('transaction', lookSoon)
    editor.off('focus', lookSoon)
    editor.off('blur', lookSoon)
  }
}
