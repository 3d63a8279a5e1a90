import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, newAccountSchema, outcome, shapeProblem } from '../answers.ts'

/** Creates an account; the calling guest becomes it. One with an invitation gets the e-mail that was invited. */
export const POST = route({
  body: v.object({
    ...newAccountSchema.entries,
    email: v.optional(newAccountSchema.entries.email, ''),
    invitation: v.exactOptional(v.pipe(v.string(), v.maxLength(1000))),
  }),
  rate: 'logins',
  needs: 'nobody',
  handle: async ({ request, body }) => {
    const { email, password, invitation: token } = body
    const wrong = shapeProblem(token === undefined ? { email, password } : { password })
    const made = wrong ? outcome(wrong) : await services().accounts.signUp(request.headers, body)
    const form = token === undefined ? ({ to: 'sign-up' } as const) : ({ to: 'invitation', token } as const)
    return answerTo(request, made, { done: { to: 'front' }, form })
  },
})
