import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, credentialsSchema, outcome, shapeProblem } from '../answers.ts'

/** Gives an account another e-mail after its own went to a user who had proved it. */
export const POST = route({
  body: v.object({
    ...credentialsSchema.entries,
    password: v.optional(credentialsSchema.entries.password, ''),
  }),
  rate: 'logins',
  needs: 'account',
  handle: async ({ request, body, session }) => {
    const wrong = shapeProblem({ email: body.email })
    const done = wrong ? outcome(wrong) : await services().accounts.chooseEmail(session, body)
    return answerTo(request, done, { done: { to: 'account' }, form: { to: 'account' } })
  },
})
