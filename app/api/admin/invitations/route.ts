import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { answerTo, credentialsSchema, outcome, shapeProblem } from '../../account/answers.ts'
import { route } from '../../edge.ts'

/** Creates a link with which a new account for an e-mail can be made. The page that follows shows it once. */
export const POST = route({
  body: v.object({ email: credentialsSchema.entries.email }),
  rate: 'writes',
  needs: 'admin',
  handle: async ({ request, body: { email }, session }) => {
    const problem = shapeProblem({ email }) ?? (await services().admin.invite(session, email))
    return answerTo(request, outcome(problem), { done: { to: 'admin' }, form: { to: 'admin' } })
  },
})
