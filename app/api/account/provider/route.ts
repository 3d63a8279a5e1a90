import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { route, seeOther, withCookies } from '../../edge.ts'

/**
 * Sends the browser to the OpenID Connect provider. A link, not a form: the page's policy allows forms to this site
 * only. It changes nothing except a cookie that lets the browser come back.
 */
export const GET = route({
  body: null,
  rate: 'logins',
  needs: 'nobody',
  handle: async () => {
    const begun = await services().accounts.beginProvider()
    if (!begun) return seeOther(`${pathOf({ to: 'sign-in' })}?problem=unreachable`)
    return withCookies(seeOther(begun.location), begun.setCookies)
  },
})
