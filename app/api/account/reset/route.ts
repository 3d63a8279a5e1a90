import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, outcome, passwordSchema, shapeProblem } from '../answers.ts'

/** Sets a new password through a reset link and ends all sessions of that account. */
export const POST = route({
  body: v.object({ token: v.pipe(v.string(), v.maxLength(500)), password: passwordSchema }),
  rate: 'logins',
  needs: 'nobody',
  handle: async ({ request, body: { token, password } }) => {
    const wrong = shapeProblem({ password })
    const set = wrong ? outcome(wrong) : await services().accounts.resetPassword(token, password)
    return answerTo(request, set, {
      done: { to: 'sign-in' },
      form: { to: 'reset', token },
      query: '?reset=done',
    })
  },
})
