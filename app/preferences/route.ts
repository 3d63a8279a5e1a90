import { cookies } from 'next/headers'
import * as v from 'valibot'
import { pathOf } from '#lib/protocol/urls.ts'
import { LANGUAGE_COOKIE, languageFor, THEME_COOKIE, themeFor } from '#lib/ui/preferences.ts'
import { route, seeOther } from '../api/edge.ts'

const YEAR_SECONDS = 365 * 24 * 3600

const choice = v.exactOptional(v.pipe(v.string(), v.maxLength(16)))

/** Stores a language or an appearance chosen on the front page: a plain form, so that it works without JavaScript. */
export const POST = route({
  body: v.object({ lang: choice, theme: choice }),
  rate: 'reads',
  needs: 'nobody',
  handle: async ({ body: { lang, theme } }) => {
    const jar = await cookies()
    const keep = (name: string, value: string) =>
      jar.set(name, value, { path: '/', maxAge: YEAR_SECONDS, sameSite: 'lax' })
    if (lang !== undefined) keep(LANGUAGE_COOKIE, languageFor(lang, null))
    if (theme !== undefined) keep(THEME_COOKIE, themeFor(theme))
    return seeOther(pathOf({ to: 'front' }))
  },
})
