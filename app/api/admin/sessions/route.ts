import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { answerTo, outcome } from '../../account/answers.ts'
import { route } from '../../edge.ts'

/** Ends a session of any user and closes its sockets. Idempotent. */
export const POST = route({
  body: v.object({ sessionId: v.pipe(v.string(), v.maxLength(64)) }),
  rate: 'writes',
  needs: 'admin',
  handle: async ({ request, body }) => {
    await services().admin.endSession(body.sessionId)
    return answerTo(request, outcome(null), { done: { to: 'admin' }, form: { to: 'admin' } })
  },
})
