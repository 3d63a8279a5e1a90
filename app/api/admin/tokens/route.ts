import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { answerTo, outcome } from '../../account/answers.ts'
import { route } from '../../edge.ts'

/** Revokes an access token of any user and closes the sockets of its programs. Idempotent. */
export const POST = route({
  body: v.object({ id: v.pipe(v.string(), v.maxLength(64)) }),
  rate: 'writes',
  needs: 'admin',
  handle: async ({ request, body }) => {
    await services().admin.revokeToken(body.id)
    return answerTo(request, outcome(null), { done: { to: 'admin' }, form: { to: 'admin' } })
  },
})
