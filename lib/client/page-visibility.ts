import type { Connection } from './channel/connection.ts'
import type { DocumentSync } from './document-sync.ts'

/**
 * Follows the visibility of the page. Sends what waits when the page is hidden or left, and connects without waiting
 * for the back-off when the page is visible or online again, and looks whether a deleted document is back. Does nothing outside a browser. Returns a function that
 * stops it.
 */
export function followPage(
  sync: Pick<DocumentSync, 'flushNow' | 'follower'>,
  connection: Pick<Connection, 'connect'>,
): () => void {
  if (typeof window === 'undefined') return () => undefined
  const back = () => {
    connection.connect()
    sync.follower.lookAgain()
  }
  const followed = new AbortController()
  const { signal } = followed
  window.addEventListener('pagehide', () => sync.flushNow(), { signal })
  window.addEventListener('online', back, { signal })
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'hidden') sync.flushNow()
      else back()
    },
    { signal },
  )
  return () => followed.abort()
}
