import { cookies } from 'next/headers'
import { LANGUAGE_COOKIE, languageFor, THEME_COOKIE, themeFor } from '#lib/editor/preferences.ts'
import { pathOf } from '#lib/protocol/urls.ts'

const YEAR_SECONDS = 365 * 24 * 3600

/** Keeps a language or an appearance chosen on the front page: a plain form, so that it works without JavaScript. */
export async function POST(request: Request): Promise<Response> {
  const form = await request.formData()
  const jar = await cookies()
  const keep = (name: string, value: string) =>
    jar.set(name, value, { path: '/', maxAge: YEAR_SECONDS, sameSite: 'lax' })
  const language = form.get('lang')
  const theme = form.get('theme')
  if (typeof language === 'string') keep(LANGUAGE_COOKIE, languageFor(language, null))
  if (typeof theme === 'string') keep(THEME_COOKIE, themeFor(theme))
  return new Response(null, { status: 303, headers: { Location: pathOf({ to: 'front' }) } })
}
