import { resolve } from 'node:path'
import * as v from 'valibot'
import { type TrustedProxies, trustedProxiesIn } from './client-ip.ts'

/**
 * The most that a guest may do. *off*: nothing before signing in. *create*: everything, including creating documents.
 */
export const GUEST_POLICIES = ['off', 'view', 'edit', 'create'] as const
export type GuestPolicy = (typeof GUEST_POLICIES)[number]

/**
 * The people who may create an account with a password. *invited*: those with an administrator's link. *off*: no one;
 * a provider (OIDC) still creates accounts for its users.
 */
export const SIGN_UP_POLICIES = ['open', 'invited', 'off'] as const
export type SignUpPolicy = (typeof SIGN_UP_POLICIES)[number]

/** Thrown if a setting is invalid. The message is one sentence that names the setting; nothing else is printed. */
export class BadSetting extends Error {
  override readonly name = 'BadSetting'
}

/** The settings of the process, read once. Times in ms. */
export interface Settings {
  readonly production: boolean
  readonly host: string
  /** The TCP port; 0 for any free one. */
  readonly port: number
  /** The absolute path of the data folder. */
  readonly dataDir: string
  /** The public origin, such as `https://write.example.org`. Null if it is where the server listens. */
  readonly publicOrigin: string | null
  readonly pingInterval: number
  readonly pingTimeout: number
  /** The bytes of snapshots kept in memory, over all open documents. */
  readonly roomCacheBytes: number
  /** The most open TCP connections. Above it requests are answered 503; from 5 % above it connections are closed. */
  readonly maxConnections: number
  readonly trustedProxies: TrustedProxies
  /** False disables rate limits, for benchmarks. */
  readonly rateLimits: boolean
  /** The most documents that one user may own. */
  readonly documentsPerUser: number
  /** The most documents that may be created from one IP address within a day. */
  readonly documentsPerIp: number
  /** The most that the documents of one guest may weigh together, bytes. */
  readonly guestStorageBytes: number
  /** The most that the documents of one account may weigh together, bytes. */
  readonly accountStorageBytes: number
  /** Below this many free bytes on the disk of the data folder guests add nothing more; 0 if they always may. */
  readonly freeSpaceMark: number
  /** The lifetime of a socket token, ms. */
  readonly tokenLife: number
  /** True if the people list shows members who cannot edit. */
  readonly presenceOfViewers: boolean
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /**
   * The secret that keys are derived from. Null if it is in the file in the data folder, which the first start
   * creates.
   */
  readonly secret: string | null
  /** The most that a guest may do. */
  readonly guests: GuestPolicy
  /** The people who may create an account with a password. */
  readonly signUps: SignUpPolicy
  /** The identity provider that users may also sign in with. Null if there are only passwords. */
  readonly oidc: OidcSettings | null
  /** The address of the source code, which the front page links to. Null if pages only say that there is one. */
  readonly sourceUrl: string | null
}

/** An OpenID Connect provider. `name` is shown to users. */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly name: string
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const OLDEST_NODE = 24
const MIB = 1024 * 1024

const whole = (least: number, most: number) => {
  const message = `a whole number from ${least} to ${most}`
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, message),
    v.transform(Number),
    v.minValue(least, message),
    v.maxValue(most, message),
  )
}

const origin = v.pipe(
  v.string(),
  v.check(isOrigin, 'an http:// or https:// address without a path, like https://write.example.org'),
  v.transform((url) => new URL(url).origin),
)

const environment = v.object({
  NODE_ENV: v.optional(
    v.picklist(['production', 'development', 'test'], 'production, development or test'),
    'development',
  ),
  HOST: v.optional(
    v.pipe(v.string(), v.regex(/^[0-9A-Za-z.:_-]+$/, 'a host name or an IP address')),
    '127.0.0.1',
  ),
  PORT: v.optional(whole(0, 65_535), '3000'),
  DATA_DIR: v.optional(v.pipe(v.string(), v.minLength(1, 'a folder')), './data'),
  PUBLIC_URL: v.optional(origin),
  PING_INTERVAL_MS: v.optional(whole(100, 300_000), '10000'),
  PING_TIMEOUT_MS: v.optional(whole(100, 600_000), '30000'),
  ROOM_CACHE_MB: v.optional(whole(1, 1_000_000), '64'),
  MAX_CONNECTIONS: v.optional(whole(10, 1_000_000), '10000'),
  TRUSTED_PROXIES: v.optional(
    v.pipe(
      v.string(),
      v.check(
        (setting) => trustedProxiesIn(setting) !== null,
        'a number of proxies from 0 to 9, or addresses and networks like 10.0.0.0/8,::1',
      ),
      v.transform((setting) => trustedProxiesIn(setting) ?? 0),
    ),
    '0',
  ),
  RATE_LIMITS: v.optional(v.picklist(['on', 'off'], 'on or off'), 'on'),
  DOCUMENTS_PER_USER: v.optional(whole(1, 1_000_000), '1000'),
  DOCUMENTS_PER_IP: v.optional(whole(1, 1_000_000), '5000'),
  GUEST_STORAGE_MB: v.optional(whole(1, 1_000_000), '100'),
  ACCOUNT_STORAGE_MB: v.optional(whole(1, 100_000_000), '2000'),
  FREE_SPACE_MB: v.optional(whole(0, 100_000_000), '500'),
  TOKEN_LIFE_MS: v.optional(whole(1000, 86_400_000), '600000'),
  PRESENCE_OF_VIEWERS: v.optional(v.picklist(['on', 'off'], 'on or off'), 'on'),
  LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`), 'info'),
  SECRET: v.optional(v.pipe(v.string(), v.minLength(32, 'at least 32 characters'))),
  GUESTS: v.optional(
    v.pipe(
      // Nothing can be commented on so far. Servers that allow it start, and say so (setting-notices.ts).
      v.picklist([...GUEST_POLICIES, 'comment'], `one of ${GUEST_POLICIES.join(', ')}`),
      v.transform((policy): GuestPolicy => (policy === 'comment' ? 'view' : policy)),
    ),
    'create',
  ),
  SIGN_UPS: v.optional(v.picklist(SIGN_UP_POLICIES, `one of ${SIGN_UP_POLICIES.join(', ')}`)),
  SOURCE_URL: v.optional(v.pipe(v.string(), v.check(isWebAddress, 'an http:// or https:// address'))),
  OIDC_ISSUER: v.optional(
    v.pipe(v.string(), v.check(isIssuer, 'an https:// address (http:// on this machine)')),
  ),
  OIDC_CLIENT_ID: v.optional(v.string()),
  OIDC_CLIENT_SECRET: v.optional(v.string()),
  OIDC_NAME: v.optional(v.pipe(v.string(), v.maxLength(40, 'at most 40 characters'))),
})

/** The names of all settings that the process reads. */
export const SETTING_NAMES: readonly string[] = Object.keys(environment.entries)

/** Settings that were renamed: one set under its old name would silently keep its default. */
const RENAMED = { DOCUMENTS_PER_ADDRESS: 'DOCUMENTS_PER_IP' }

/**
 * Reads the settings from environment variables; an empty one counts as absent. Throws BadSetting. Has no side
 * effects.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  for (const [before, name] of Object.entries(RENAMED)) {
    if (before in given) throw new BadSetting(`${before} is now called ${name}: set ${name} instead.`)
  }
  const parsed = v.safeParse(environment, given, { abortEarly: true })
  if (!parsed.success) {
    const [issue] = parsed.issues
    const setting = String(issue.path?.[0]?.key ?? 'a setting')
    // Never print a secret's value or write it to a log.
    const was = setting.endsWith('SECRET') ? '' : `, not ${JSON.stringify(issue.path?.[0]?.value)}`
    throw new BadSetting(`${setting} must be ${issue.message}${was}.`)
  }
  const set = parsed.output
  const oidc = oidcIn(set)
  return {
    production: set.NODE_ENV === 'production',
    host: set.HOST,
    port: set.PORT,
    dataDir: resolve(set.DATA_DIR),
    publicOrigin: set.PUBLIC_URL ?? null,
    pingInterval: set.PING_INTERVAL_MS,
    pingTimeout: set.PING_TIMEOUT_MS,
    roomCacheBytes: set.ROOM_CACHE_MB * MIB,
    maxConnections: set.MAX_CONNECTIONS,
    trustedProxies: set.TRUSTED_PROXIES,
    rateLimits: set.RATE_LIMITS === 'on',
    documentsPerUser: set.DOCUMENTS_PER_USER,
    documentsPerIp: set.DOCUMENTS_PER_IP,
    guestStorageBytes: set.GUEST_STORAGE_MB * MIB,
    accountStorageBytes: set.ACCOUNT_STORAGE_MB * MIB,
    freeSpaceMark: set.FREE_SPACE_MB * MIB,
    tokenLife: set.TOKEN_LIFE_MS,
    presenceOfViewers: set.PRESENCE_OF_VIEWERS === 'on',
    logLevel: set.LOG_LEVEL,
    secret: set.SECRET ?? null,
    guests: set.GUESTS,
    signUps: set.SIGN_UPS ?? (oidc === null ? 'open' : 'off'),
    oidc,
    sourceUrl: set.SOURCE_URL ?? null,
  }
}

/**
 * Returns the provider's settings, null if there are none. Throws BadSetting if some are given without the others.
 */
function oidcIn(set: v.InferOutput<typeof environment>): OidcSettings | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = set
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return null
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) {
    throw new BadSetting('OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set together.')
  }
  return {
    issuer: issuer.replace(/\/+$/, ''),
    clientId,
    clientSecret,
    name: set.OIDC_NAME ?? new URL(issuer).host,
  }
}

/** Throws BadSetting if Node is too old. `version` is like `24.21.0`. */
export function checkNode(version: string): void {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return
  throw new BadSetting(
    `Node ${OLDEST_NODE} or newer is needed, and this is ${version}: start with "npm start", which brings its own.`,
  )
}

/** Returns the error for a server that could not listen. Returns null if the cause is not a setting. */
export function listenProblem(error: unknown, settings: Settings): BadSetting | null {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new BadSetting(
        `PORT ${settings.port} on ${settings.host} is taken by another program: choose another PORT.`,
      )
    case 'EACCES':
      return new BadSetting(
        `PORT ${settings.port} needs rights this user does not have: choose one above 1023.`,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new BadSetting(`HOST must be an address of this machine, and ${settings.host} is not.`)
    default:
      return null
  }
}

/** Returns the sentence to print if a setting is the reason, null if the error is a bug. */
export function sentenceFor(error: unknown): string | null {
  if (error instanceof BadSetting) return error.message
  // The store's own message is a whole sentence.
  if (error instanceof Error && error.name === 'StoreUnavailable')
    return `DATA_DIR cannot be used: ${error.message}`
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const path = error instanceof Error && 'path' in error ? ` of ${error.path}` : ''
    return `The disk${path} is full: free some space and start again.`
  }
  return null
}

/** Returns the code of an error of the system, such as `EACCES`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
}

function isOrigin(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, pathname, search, hash, username, password } = new URL(url)
  return /^https?:$/.test(protocol) && pathname === '/' && `${search}${hash}${username}${password}` === ''
}

function isWebAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}

function isIssuer(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, search, hash } = new URL(url)
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  return (protocol === 'https:' || (protocol === 'http:' && isHere)) && `${search}${hash}` === ''
}
