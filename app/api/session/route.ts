import { type SessionAnswer, sessionRequestSchema } from '#lib/protocol/events.ts'
import { services } from '#lib/server/services.ts'
import { json, route, withCookies } from '../edge.ts'

/** Who this browser is, a guest from now on when it was nobody, and a token for the socket. */
export const POST = route({
  body: sessionRequestSchema,
  rate: 'sockets',
  // Makes the session itself: what was lost with the cookie may come back by the body.
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
