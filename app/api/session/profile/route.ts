import { profileSchema } from '#lib/protocol/events.ts'
import { services } from '#lib/server/services.ts'
import { bodyOf, json, mutation, RefusedRequest } from '../../edge.ts'

/** Sets the person's name and hue: `{ name, hue }` → `{ ok, user }`. */
export const POST = mutation(async (request) => {
  const profile = await bodyOf(request, profileSchema)
  const session = await services().session(request.headers)
  if (!session)
    throw new RefusedRequest('unauthenticated', 'there is no session; POST /api/session makes one')
  return json({ ok: true, user: await services().setProfile(session, profile) })
})
