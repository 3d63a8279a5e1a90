/** The cookie that names the document to return to from the provider: written by a page, read by the route. */
export const RETURN_COOKIE = 'commonplace-return'
