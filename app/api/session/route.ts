import type { SessionAnswer } from '#lib/protocol/events.ts'
import { services } from '#lib/server/services.ts'
import { json, mutation } from '../edge.ts'

/** Who this browser is, a guest from now on when it was nobody, and a token for the socket. */
export const POST = mutation(async (request) => {
  const session = await services().ensureGuest(request.headers)
  const answer: SessionAnswer = { ...services().socketToken(session), user: session.user }
  return json(answer, { setCookies: session.setCookies })
})
