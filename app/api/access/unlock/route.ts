import { unlockSchema } from '#lib/protocol/sharing.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { isJson, json, route, seeOther } from '../../edge.ts'

/** Tries the password of a link: answers JSON with `{ ok, unlocked }` and sends a form back to the document. */
export const POST = route({
  body: unlockSchema,
  rate: 'writes',
  needs: 'guest',
  handle: async ({ request, session, body: { address, password } }) => {
    const place = services().requests.placeOf(request.headers)
    const unlocked = await services().sharing.unlock(session, { address, password, place })
    if (isJson(request)) return json({ ok: true, unlocked })
    const path = pathOf({ to: 'document', address })
    return seeOther(unlocked ? path : `${path}?password=wrong`)
  },
})
