import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, outcome, passwordSchema, shapeProblem } from '../answers.ts'

/** Changes the user's own password and ends all their other sessions; their access tokens too if `tokens` is *end*. */
export const POST = route({
  body: v.object({
    current: passwordSchema,
    password: passwordSchema,
    tokens: v.exactOptional(v.literal('end')),
  }),
  rate: 'logins',
  needs: 'account',
  handle: async ({ request, body: { current, password, tokens }, session }) => {
    const wrong = shapeProblem({ password })
    const changed = wrong
      ? outcome(wrong)
      : await services().accounts.changePassword(request.headers, session, {
          current,
          next: password,
          endsTokens: tokens === 'end',
        })
    return answerTo(request, changed, { done: { to: 'account' }, form: { to: 'account' } })
  },
})
