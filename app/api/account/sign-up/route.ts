import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, newAccountSchema, outcome, shapeProblem } from '../answers.ts'

/** Creates an account; the calling guest becomes it. */
export const POST = route({
  body: newAccountSchema,
  rate: 'logins',
  needs: 'nobody',
  handle: async ({ request, body }) => {
    const wrong = shapeProblem(body)
    const made = wrong ? outcome(wrong) : await services().accounts.signUp(request.headers, body)
    return answerTo(request, made, { done: { to: 'front' }, form: { to: 'sign-up' } })
  },
})
