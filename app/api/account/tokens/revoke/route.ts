import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../../edge.ts'
import { answerTo, outcome } from '../../answers.ts'

/** Revokes one of the user's own tokens and closes the sockets of its programs. Idempotent. */
export const POST = route({
  body: v.object({ id: v.pipe(v.string(), v.maxLength(64)) }),
  rate: 'writes',
  needs: 'account',
  handle: async ({ request, body, session }) => {
    await services().accounts.revokeToken(session, body.id)
    return answerTo(request, outcome(null), { done: { to: 'account' }, form: { to: 'account' } })
  },
})
