/** Internals of ProseMirror's view that it does not publish (prosemirror-view 1.42). */
interface DomObserver {
  pendingRecords(): readonly unknown[]
  flush(): void
}

/**
 * Makes a view read where the browser has put the caret. A click is reported in a separate event a moment later;
 * drawing within that moment would put the caret back. Must be called before anything is dispatched that the user did
 * not do. Does nothing during a composition, or if text waits to be read, which is more than a selection.
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
