import * as v from 'valibot'
import { services } from '#lib/server/services.ts'
import { route } from '../../edge.ts'
import { answerTo, outcome } from '../answers.ts'

/** The lifetime of a token in days: a number in JSON, digits in a form. */
const days = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,4}$/), v.transform(Number))]),
  v.integer(),
  v.minValue(1),
  v.maxValue(366),
)

/**
 * Creates a personal access token. The answer leads to the account page, which shows the token once, or the problem
 * `too-many`.
 */
export const POST = route({
  body: v.object({
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80)),
    scope: v.picklist(['read', 'write']),
    days,
  }),
  rate: 'writes',
  needs: 'account',
  handle: async ({ request, body, session }) => {
    const made = await services().accounts.makeToken(session, body)
    return answerTo(request, outcome(made ? null : 'too-many'), {
      done: { to: 'account' },
      form: { to: 'account' },
    })
  },
})
