import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, credentialsSchema } from '../answers.ts'

/** Signs in with e-mail and password. A guest's documents move to the account. */
export const POST = route({
  body: credentialsSchema,
  // Attempts are counted by the account and the browser (lib/people/secrets/sign-in-attempts.ts).
  rate: 'writes',
  needs: 'nobody',
  handle: async ({ request, body }) => {
    const outcome = await services().accounts.signIn(request.headers, body)
    return answerTo(request, outcome, { done: { to: 'front' }, form: { to: 'sign-in' } })
  },
})
