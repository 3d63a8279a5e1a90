import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, outcome } from '../answers.ts'

/** Sets the name others see ('' for the friendly guest name), also wherever the user is present now. */
export const POST = route({
  body: v.object({ name: v.pipe(v.string(), v.maxLength(200)) }),
  rate: 'writes',
  needs: 'account',
  handle: async ({ request, body, session }) => {
    await services().accounts.rename(session, body.name)
    return answerTo(request, outcome(null), { done: { to: 'account' }, form: { to: 'account' } })
  },
})
