import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { isJson, json, route, seeOther } from '../edge.ts'

/**
 * Creates a document: sends a form to its page, answers JSON with `{ ok, address }`. The fragment `#new` tells the
 * page that this tab created the document, so that typing may begin before the join.
 */
export const POST = route({
  body: null,
  rate: 'creates',
  needs: 'guest',
  handle: async ({ request, session }) => {
    const address = await services().documents.create(session, services().requests.ipOf(request.headers))
    return isJson(request)
      ? json({ ok: true, address })
      : seeOther(`${pathOf({ to: 'document', address })}#new`)
  },
})
