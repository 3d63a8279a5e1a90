import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, credentialsSchema, outcome, passwordSchema, shapeProblem } from '../answers.ts'

/**
 * Sets a new password through a reset link and ends all sessions and access tokens of that account. An account that
 * lost its e-mail gets the one in the body.
 */
export const POST = route({
  body: v.object({
    token: v.pipe(v.string(), v.maxLength(500)),
    password: passwordSchema,
    email: v.exactOptional(credentialsSchema.entries.email),
  }),
  rate: 'logins',
  needs: 'nobody',
  handle: async ({ request, body: { token, ...given } }) => {
    const wrong = shapeProblem(given)
    const set = wrong ? outcome(wrong) : await services().accounts.resetPassword(token, given)
    return answerTo(request, set, {
      done: { to: 'sign-in' },
      form: { to: 'reset', token },
      query: '?reset=done',
    })
  },
})
