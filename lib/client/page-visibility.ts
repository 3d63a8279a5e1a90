import type { Connection } from './channel/connection.ts'
import type { DocumentSync } from './document-sync.ts'

/**
 * Follows the page that shows a document: what waits is sent when the page is hidden or left, and a page that is looked at,
 * or online again, connects without waiting for the back-off. Does nothing outside a browser. Returns its end.
 */
export function followPage(
  sync: Pick<DocumentSync, 'flushNow'>,
  connection: Pick<Connection, 'connect'>,
): () => void {
  if (typeof window === 'undefined') return () => undefined
  const followed = new AbortController()
  const { signal } = followed
  window.addEventListener('pagehide', () => sync.flushNow(), { signal })
  window.addEventListener('online', () => connection.connect(), { signal })
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'hidden') sync.flushNow()
      else connection.connect()
    },
    { signal },
  )
  return () => followed.abort()
}
