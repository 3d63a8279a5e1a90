import * as v from 'valibot'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { bodyOf, isJson, json, mutation, RefusedRequest, seeOther } from '../../edge.ts'

const requestSchema = v.object({ address: v.pipe(v.string(), v.maxLength(64)) })

/**
 * The owner deletes a document for everybody; anybody else takes it off their own list. Repeating is harmless.
 * A form goes back to the front page, JSON is answered `{ ok, outcome }`.
 */
export const POST = mutation(async (request) => {
  const { address } = await bodyOf(request, requestSchema)
  const session = await services().session(request.headers)
  if (!session)
    throw new RefusedRequest('unauthenticated', 'there is no session; POST /api/session makes one')
  const outcome = await services().deleteDocument(session, address)
  return isJson(request) ? json({ ok: true, outcome }) : seeOther(pathOf({ to: 'front' }))
})
