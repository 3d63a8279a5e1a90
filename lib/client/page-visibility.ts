import type { Connection } from './channel/connection.ts'
import type { DocumentSync } from './document-sync.ts'

/**
 * Follows the visibility of the page. Sends what waits when the page is hidden or left, and connects without waiting
 * for the back-off when the page is visible or online again. Does nothing outside a browser. Returns a function that
 * stops it.
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
