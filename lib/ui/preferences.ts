import { report } from '#lib/protocol/report.ts'
import { HTML_LANG, LANGUAGES, type Language } from './words/language.ts'

/*
 * Language and appearance, stored in two cookies, so that the server's first answer is already right; and notes that
 * were dismissed.
 */

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const LANGUAGE_COOKIE = 'lang'
export const THEME_COOKIE = 'theme'
/** Set when the note to guests was dismissed (lib/editor/page/keep-note.tsx). */
const NOTE_COOKIE = 'keep-note'
const YEAR_SECONDS = 365 * 24 * 3600

type PreferenceName = typeof LANGUAGE_COOKIE | typeof THEME_COOKIE | typeof NOTE_COOKIE

/**
 * Returns the language to use: the chosen one (cookie), otherwise the first supported one of `Accept-Language`,
 * otherwise English.
 */
export function languageFor(chosen: string | undefined, acceptLanguage: string | null): Language {
  const own = LANGUAGES.find((language) => language === chosen)
  if (own) return own
  for (const tag of preferredTags(acceptLanguage ?? '')) {
    if (/^zh\b/i.test(tag)) return 'zh-TW'
    if (/^en\b/i.test(tag)) return 'en'
  }
  return 'en'
}

/** Returns the chosen appearance; *system* for anything unknown. */
export function themeFor(chosen: string | undefined): Theme {
  return THEMES.find((theme) => theme === chosen) ?? 'system'
}

/** Returns a `Set-Cookie` value (also valid for `document.cookie`) that stores a choice for a year. */
export function preferenceCookie(name: PreferenceName, value: string): string {
  return `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax`
}

/** Stores a language and applies it to CSS and screen readers immediately. For the browser only. */
export function keepLanguage(language: Language): void {
  storePreference(LANGUAGE_COOKIE, language)
  document.documentElement.lang = HTML_LANG[language]
}

/** Stores an appearance and applies it immediately. For the browser only. */
export function keepTheme(theme: Theme): void {
  storePreference(THEME_COOKIE, theme)
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

/** Stores that the note to guests was dismissed. For the browser only. */
export function dismissKeepNote(): void {
  storePreference(NOTE_COOKIE, 'off')
}

/** Returns true if this browser remembers that the note to guests was dismissed. For the browser only. */
export function isKeepNoteDismissed(): boolean {
  try {
    return document.cookie.split('; ').includes(`${NOTE_COOKIE}=off`)
  } catch (error) {
    report('a choice cannot be read', error, 'debug')
    return false
  }
}

function storePreference(name: PreferenceName, value: string): void {
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on plain http and in Firefox
    document.cookie = preferenceCookie(name, value)
  } catch (error) {
    // In a sandboxed frame without cookies the choice lasts as long as the page.
    report('a choice was not stored', error, 'debug')
  }
}

function preferredTags(acceptLanguage: string): string[] {
  return acceptLanguage
    .split(',')
    .map((part) => {
      const [tag = '', ...settings] = part.trim().split(';')
      const weight = settings.map((setting) => /^\s*q=([\d.]+)$/.exec(setting)?.[1]).find(Boolean)
      return { tag, weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}
