import { type SessionAnswer, sessionRequestSchema } from '#lib/protocol/events.ts'
import { services } from '#lib/server/services.ts'
import { bodyOf, json, mutation } from '../edge.ts'

/** Who this browser is, a guest from now on when it was nobody, and a token for the socket. */
export const POST = mutation(async (request) => {
  const { recovery } = await bodyOf(request, sessionRequestSchema)
  const session = await services().ensureGuest(request.headers, recovery)
  const answer: SessionAnswer = {
    ...services().socketToken(session),
    recovery: services().recovery(session),
    user: session.user,
  }
  return json(answer, { setCookies: session.setCookies })
})
