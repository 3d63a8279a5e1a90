import { services } from '#lib/server/services.ts'
import { route } from '../../../edge.ts'
import { answerTo } from '../../answers.ts'

/**
 * Completes a sign-in: the provider redirects the browser here with a code. The state cookie proves that the browser
 * left from here.
 */
export const GET = route({
  body: null,
  rate: 'logins',
  needs: 'nobody',
  handle: async ({ request }) => {
    const query = Object.fromEntries(new URL(request.url).searchParams)
    const outcome = await services().accounts.endProvider(request.headers, query)
    return answerTo(request, outcome, { done: { to: 'front' }, form: { to: 'sign-in' } })
  },
})
