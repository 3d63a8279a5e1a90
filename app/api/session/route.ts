import { type SessionAnswer, sessionRequestSchema } from '#lib/protocol/messages/session.ts'
import { services } from '#lib/server/services.ts'
import { json, route, withCookies } from '../edge.ts'

/** Returns the user of this browser and a socket token. A browser without a session becomes a guest. */
export const POST = route({
  body: sessionRequestSchema,
  rate: 'sockets',
  // Makes the session itself: the body may restore a user whose cookie was lost.
  needs: 'nobody',
  handle: async ({ request, body }) => {
    const session = await services().sessions.ensureGuest(request.headers, body)
    const answer: SessionAnswer = {
      ...services().sessions.socketToken(session),
      recovery: services().sessions.recovery(session),
      user: session.user,
      aliases: await services().sessions.aliases(session),
    }
    return withCookies(json(answer), session.setCookies)
  },
})
