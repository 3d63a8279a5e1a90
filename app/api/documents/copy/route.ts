import * as v from 'valibot'
import * as LIMITS from '#lib/protocol/limits.ts'
import { ofAddressSchema } from '#lib/protocol/sharing.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { isJson, json, route, seeOther } from '../../edge.ts'

/**
 * Copies a document that the caller may read into a new one of theirs, under a title. Sends a form to its page, answers
 * JSON `{ address, title }` with `{ ok, address }`.
 */
export const POST = route({
  body: v.object({
    ...ofAddressSchema.entries,
    title: v.optional(v.pipe(v.string(), v.maxLength(LIMITS.titleLength)), ''),
  }),
  rate: 'creates',
  needs: { role: 'viewer' },
  handle: async ({ request, session, right, body }) => {
    const ip = services().requests.ipOf(request.headers)
    const address = await services().documents.copy(session, right, body.title, ip)
    return isJson(request) ? json({ ok: true, address }) : seeOther(pathOf({ to: 'document', address }))
  },
})
