/** The cookie that names the document to return to from the provider: written by a page, read by the route. */
export const RETURN_COOKIE = 'commonplace-return'

/** The time that a user may take to sign in at the provider, s. */
const RETURN_SECONDS = 10 * 60

/** Stores the document to return to; null removes it. For the browser only, immediately before it leaves. */
export function keepReturn(address: string | null): void {
  const secure = location.protocol === 'https:' ? '; Secure' : ''
  const life = address === null ? 0 : RETURN_SECONDS
  // biome-ignore lint/suspicious/noDocumentCookie: synchronous, before the browser leaves
  document.cookie = `${RETURN_COOKIE}=${address ?? ''}; Path=/; Max-Age=${life}; SameSite=Lax${secure}`
}
