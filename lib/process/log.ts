import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger as Log }

/*
 * Patterns of text that must not be logged. The log is one line of JSON per event on standard error. An event's name
 * is stable (`server.ready`); its details are in fields. No document text, personal name, token, cookie or address is
 * logged on purpose; these patterns are the second line of defence, for text from elsewhere (messages of errors).
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\/d\/[A-Za-z0-9_-]{32}/g, '/d/[address]'],
  [/\b(?:st1|gr1)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, '[token]'],
  [/\bcp_[A-Za-z0-9_-]{20,}/g, '[token]'],
  // A bare address, or a session's own token: both are 32 characters. So are user ids, which open nothing: they are
  // kept in the field of that name, which no text can imitate because its quotes are escaped.
  [/(?<![A-Za-z0-9_-]|"userId":")[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])/g, '[key]'],
  [/((?:set-)?cookie\\?"?\s*[:=]\s*\\?"?)[^"\\]+/gi, '$1[cookie]'],
]

/** Creates the process's only logger, which is passed down. `destination` is for tests. */
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
