import { REFUSALS, RefusedRequest } from '#lib/protocol/errors.ts'
import { ofAddressSchema } from '#lib/protocol/sharing.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { isJson, json, route, seeOther } from '../../edge.ts'

/** Permanently erases a document that is in the trash. Input and answer as for `restore`. */
export const POST = route({
  body: ofAddressSchema,
  rate: 'writes',
  needs: 'session',
  handle: async ({ request, session, body }) => {
    if (!(await services().documents.erase(session, body.address))) {
      throw new RefusedRequest(REFUSALS.notInTrash)
    }
    return isJson(request) ? json({ ok: true }) : seeOther(pathOf({ to: 'front' }))
  },
})
