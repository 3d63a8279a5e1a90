import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, newAccountSchema, outcome, shapeProblem } from '../answers.ts'

const token = v.pipe(v.string(), v.maxLength(100))

/** Creates the first administrator through the link that the server printed: the signed-in user, or a new account. */
export const POST = route({
  body: v.union([v.object({ ...newAccountSchema.entries, token }), v.object({ token })]),
  rate: 'logins',
  needs: 'nobody',
  handle: async ({ request, body }) => {
    const given = 'email' in body ? body : null
    const wrong = given && shapeProblem(given)
    const done = wrong
      ? outcome(wrong)
      : await services().accounts.beFirstAdmin(request.headers, body.token, given)
    return answerTo(request, done, { done: { to: 'admin' }, form: { to: 'setup', token: body.token } })
  },
})
