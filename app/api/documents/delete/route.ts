import * as v from 'valibot'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { isJson, json, route, seeOther } from '../../edge.ts'

/**
 * Deletes a document for everyone if the caller owns it; otherwise takes it off the caller's own list. Idempotent.
 * Sends a form back to the front page, answers JSON with `{ ok, outcome }`.
 */
export const POST = route({
  body: v.object({ address: v.pipe(v.string(), v.maxLength(64)) }),
  rate: 'writes',
  needs: 'session',
  handle: async ({ request, session, body }) => {
    const outcome = await services().documents.delete(session, body.address)
    return isJson(request) ? json({ ok: true, outcome }) : seeOther(pathOf({ to: 'front' }))
  },
})
