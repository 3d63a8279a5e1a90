/** What ProseMirror's view does not publish of itself (prosemirror-view 1.42). */
interface DomObserver {
  pendingRecords(): readonly unknown[]
  flush(): void
}

/**
 * Lets a view take over where the browser has put the caret. A click tells of itself in an event of its own, a moment after
 * it; what is drawn within that moment would put the caret back. To be called before anything that the person did not do
 * is dispatched. Does nothing while one composes, or where text waits to be read, which is more than a selection.
 */
export function readSelection(view: object): void {
  if ('composing' in view && view.composing) return
  const observer = 'domObserver' in view ? view.domObserver : null
  if (isObserver(observer) && observer.pendingRecords().length === 0) observer.flush()
}

function isObserver(value: unknown): value is DomObserver {
  return (
    typeof value === 'object' &&
    value !== null &&
    'flush' in value &&
    typeof value.flush === 'function' &&
    'pendingRecords' in value &&
    typeof value.pendingRecords === 'function'
  )
}
