import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { answerTo, outcome } from '../../account/answers.ts'
import { route } from '../../edge.ts'

/** Changes an account as an administrator. A reset link is shown once, by the page that follows. */
export const POST = route({
  body: v.object({
    userId: v.pipe(v.string(), v.maxLength(64)),
    action: v.picklist(['disable', 'enable', 'promote', 'demote', 'reset']),
  }),
  rate: 'writes',
  needs: 'admin',
  handle: async ({ request, body: { userId, action }, session }) => {
    const done = await services().admin.change(session, userId, action)
    return answerTo(request, outcome(done ? null : 'failed'), {
      done: { to: 'admin' },
      form: { to: 'admin' },
    })
  },
})
