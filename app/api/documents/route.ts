import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { isJson, json, mutation, seeOther } from '../edge.ts'

/**
 * Makes a document: a form is sent to its page, JSON is answered `{ ok, address }`.
 * The fragment `#new` tells the page that this tab made the document, so that typing may begin before the join.
 */
export const POST = mutation(async (request) => {
  const session = await services().ensureGuest(request.headers)
  const address = await services().createDocument(session)
  const { setCookies } = session
  return isJson(request)
    ? json({ ok: true, address }, { setCookies })
    : seeOther(`${pathOf({ to: 'document', address })}#new`, setCookies)
})
