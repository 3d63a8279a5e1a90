import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, outcome, passwordSchema, shapeProblem } from '../answers.ts'

/** Changes the user's own password and ends all their other sessions. */
export const POST = route({
  body: v.object({ current: passwordSchema, password: passwordSchema }),
  rate: 'logins',
  needs: 'account',
  handle: async ({ request, body: { current, password }, session }) => {
    const wrong = shapeProblem({ password })
    const changed = wrong
      ? outcome(wrong)
      : await services().accounts.changePassword(session, current, password)
    return answerTo(request, changed, { done: { to: 'account' }, form: { to: 'account' } })
  },
})
