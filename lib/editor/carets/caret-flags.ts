import type { Editor } from '@tiptap/core'

/** The maximum width of a name flag (app/css/carets.css), px. */
const FLAG_WIDTH = 240

/**
 * Manages the name flags of the carets on the screen. A flag is shown unless it is within one line of the person's
 * own caret, where it would cover what they are writing; at the end of a line it turns back into the page. Positions
 * are read at most once, after a frame, when that costs no layout; carets in parts that are not laid out are never
 * measured. Returns a function that ends it.
 */
export function followFlags(editor: Editor): () => void {
  const { dom } = editor.view
  const watched = new Set<Element>()
  const onScreen = new Set<Element>()
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) onScreen.add(target)
      else onScreen.delete(target)
    }
    place()
  })
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const watch = () => {
    const carets = new Set(dom.getElementsByClassName('caret'))
    for (const caret of watched) {
      if (carets.has(caret)) continue
      observer.unobserve(caret)
      watched.delete(caret)
      onScreen.delete(caret)
    }
    for (const caret of carets) {
      if (watched.has(caret)) continue
      watched.add(caret)
      observer.observe(caret)
    }
  }
  const place = () => {
    if (onScreen.size === 0 || editor.isDestroyed) return
    const own = editor.isFocused ? editor.view.coordsAtPos(editor.state.selection.head) : null
    const line = own ? Math.max(16, own.bottom - own.top) : 0
    const end = dom.getBoundingClientRect().right
    // Read everything before writing anything.
    const places = [...onScreen].map((caret) => {
      const box = caret.getBoundingClientRect()
      const near = own !== null && box.top < own.bottom + line && box.bottom > own.top - line
      return { caret, near, turned: box.left > end - FLAG_WIDTH }
    })
    for (const { caret, near, turned } of places) {
      caret.classList.toggle('is-flagged', !near)
      caret.classList.toggle('is-turned', turned)
    }
  }
  const look = () => {
    frame = 0
    timer = undefined
    if (editor.isDestroyed) return
    watch()
    place()
  }
  const lookSoon = () => {
    if (frame !== 0 || timer !== undefined) return
    const later = () => {
      timer = setTimeout(look, 0)
    }
    // A frame is expensive in a long text: wait for one only if there are positions to read after it.
    if (onScreen.size > 0) frame = requestAnimationFrame(later)
    else later()
  }
  editor.on('transaction', lookSoon)
  editor.on('focus', lookSoon)
  editor.on('blur', lookSoon)
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    observer.disconnect()
    editor.off('transaction', lookSoon)
    editor.off('focus', lookSoon)
    editor.off('blur', lookSoon)
  }
}
