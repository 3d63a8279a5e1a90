import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo } from '../answers.ts'

/** Ends the session of this browser and closes its sockets. Idempotent. */
export const POST = route({
  body: null,
  rate: 'writes',
  needs: 'nobody',
  handle: async ({ request }) => {
    const setCookies = await services().accounts.signOut(request.headers)
    return answerTo(request, { ok: true, setCookies }, { done: { to: 'front' }, form: { to: 'sign-out' } })
  },
})
