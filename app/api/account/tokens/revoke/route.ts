import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../../edge.ts'
import { answerTo, outcome } from '../../answers.ts'

/** Ends one of one's own tokens; the sockets of its programs close. Repeating is harmless. */
export const POST = route({
  body: v.object({ id: v.pipe(v.string(), v.maxLength(64)) }),
  rate: 'writes',
  needs: 'account',
  handle: async ({ request, body, session }) => {
    await services().accounts.revokeToken(session, body.id)
    return answerTo(request, outcome(null), { to: 'account' }, { to: 'account' })
  },
})
