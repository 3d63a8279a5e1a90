import type { Editor } from '@tiptap/core'

/**
 * Hides the name flags within one line of one's own caret: they would lie over what one is writing. Looks once per frame
 * at most, and only while there are carets and the text has the focus. Returns what ends it.
 */
export function followNearness(editor: Editor): () => void {
  let frame = 0
  const look = () => {
    frame = 0
    if (editor.isDestroyed) return
    const carets = editor.view.dom.querySelectorAll<HTMLElement>('.caret')
    if (carets.length === 0) return
    if (!editor.isFocused) {
      for (const caret of carets) caret.classList.remove('is-near')
      return
    }
    const own = editor.view.coordsAtPos(editor.state.selection.head)
    const line = Math.max(16, own.bottom - own.top)
    // All reading before all writing: one layout.
    const near = [...carets].map((caret) => {
      const box = caret.getBoundingClientRect()
      return box.top < own.bottom + line && box.bottom > own.top - line
    })
    carets.forEach((caret, index) => {
      caret.classList.toggle('is-near', near[index])
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
