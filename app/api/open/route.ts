import * as v from 'valibot'
import { addressIn, pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { route, seeOther } from '../edge.ts'

/** Opens a pasted link: to the document, or back to the front page with `?open=unknown`. */
export const POST = route({
  body: v.object({ link: v.pipe(v.string(), v.maxLength(2000)) }),
  rate: 'reads',
  needs: 'nobody',
  handle: async ({ request, body }) => {
    const address = addressIn(body.link)
    const session = await services().sessions.of(request.headers)
    const found = address !== null && (await services().documents.rightOf(session, address)) !== null
    return seeOther(found ? pathOf({ to: 'document', address }) : `${pathOf({ to: 'front' })}?open=unknown`)
  },
})
