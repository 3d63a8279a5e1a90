import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger as Log }

/*
 * One line of JSON per event on standard error. An event's name is stable (`server.ready`); what it is about stands in
 * fields. No document text, name of a person, token, cookie or address goes in; the patterns below are the second
 * line behind that rule, for texts made elsewhere (messages of errors).
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\/d\/[A-Za-z0-9_-]{32}/g, '/d/[address]'],
  [/\b(?:st1|gr1)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, '[token]'],
  [/\bcp_[A-Za-z0-9_-]{20,}/g, '[token]'],
  // A bare address, or a session's own token: both are 32 characters. So are the ids of users, which open nothing: they stay
  // in the field of that name, which no text can pretend to be, for its quotes come escaped.
  [/(?<![A-Za-z0-9_-]|"userId":")[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])/g, '[key]'],
  [/((?:set-)?cookie\\?"?\s*[:=]\s*\\?"?)[^"\\]+/gi, '$1[cookie]'],
]

/** The process's one logger; it is passed down. `destination` is for tests. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redact },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  )
}

function redact(line: string): string {
  let safe = line
  for (const [pattern, word] of SECRETS) safe = safe.replace(pattern, word)
  return safe
}
