import { cookies } from 'next/headers'
import { addressIn, type Place } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { RETURN_COOKIE } from '../../../../return-cookie.ts'
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
    const jar = await cookies()
    // The document that the user left from (app/return-link.tsx). Anything but an address leads to the front page.
    const address = addressIn(jar.get(RETURN_COOKIE)?.value ?? '')
    const done: Place = address === null ? { to: 'front' } : { to: 'document', address }
    if (outcome.ok) jar.delete(RETURN_COOKIE)
    return answerTo(request, outcome, { done, form: { to: 'sign-in' } })
  },
})
