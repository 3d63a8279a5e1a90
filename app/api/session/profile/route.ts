import { profileSchema } from '#lib/protocol/messages/session.ts'
import { services } from '#lib/server/services.ts'
import { json, route } from '../../edge.ts'

/** Sets the user's name and hue: `{ name, hue }` → `{ ok, user }`. */
export const POST = route({
  body: profileSchema,
  rate: 'writes',
  needs: 'session',
  handle: async ({ session, body }) =>
    json({ ok: true, user: await services().sessions.setProfile(session, body) }),
})
