import * as v from 'valibot'
import type { Right } from '#lib/library/contract.ts'
import type { Session } from '#lib/people/session.ts'
import {
  type ErrorCode,
  REFUSALS,
  type Refusal,
  RefusedRequest,
  refusalIn,
  refuse,
} from '#lib/protocol/errors.ts'
import { atLeast, type Role } from '#lib/protocol/identity.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { type Services, services } from '#lib/server/services.ts'
import { foreignOriginPage } from '#lib/ui/refusal-page.ts'

/** The bucket that a call of a route is counted in. */
type RouteRate = Parameters<Services['requests']['takeRate']>[0]

/*
 * The edge of the HTTP routes. `route` makes every method of every route, and checks in this order: the origin of the
 * request, its rate, the shape of its body, the session, the caller's rights. A route that gets JSON answers JSON;
 * one that gets a form (also without JavaScript) answers with a redirect, or with a page that explains the refusal.
 */

/** The greatest size of a body, bytes. No route needs more than a name or a link. */
const BODY_BYTES = 16 * 1024

const STATUS: Partial<Record<ErrorCode, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  'link-locked': 403,
  'not-found': 404,
  'too-large': 413,
  'rate-limited': 429,
  internal: 500,
  'storage-failed': 503,
  'owner-full': 507,
  'disk-low': 507,
  'storage-slow': 503,
  draining: 503,
}

/** The web server adds the other headers (lib/server/http/browser-headers.ts). */
const HEADERS = { 'Cache-Control': 'private, no-store' } as const

/**
 * Callers of a route. *nobody*: any, and the route gets no session. *guest*: any, and one without a session becomes a guest.
 * *session*: those with a session. *account*, *admin*: those signed in as such. A role: those with at least that role for
 * the document whose `address` is in the body; without any role it is `not-found`.
 */
export type Needs = 'nobody' | 'guest' | 'session' | 'account' | 'admin' | { readonly role: Role }

/** The declaration of one method of a route. */
export interface RouteRules<
  Body extends v.GenericSchema | null = v.GenericSchema | null,
  N extends Needs = Needs,
> {
  /** The schema of the body, for JSON and forms alike; null if no body is read. */
  readonly body: Body
  readonly rate: RouteRate
  readonly needs: N
}

/** A request that passed its rules. */
export interface Call<Body extends v.GenericSchema | null, N extends Needs> {
  readonly request: Request
  readonly body: Body extends v.GenericSchema ? v.InferOutput<Body> : null
  readonly session: N extends 'nobody' ? null : Session
  /** The caller's right to the document of the body's address, judged once; null if the route needs none. */
  readonly right: N extends { readonly role: infer R } ? Right<R extends 'owner' ? 'owner' : Role> : null
}

type Route<Body extends v.GenericSchema | null, N extends Needs> = RouteRules<Body, N> & {
  readonly handle: (call: Call<Body, N>) => Promise<Response>
} & (N extends { readonly role: Role }
    ? { readonly body: v.GenericSchema<unknown, { readonly address: string }> }
    : unknown)

const RULES = Symbol('rules of a route')

/** Makes a method of a route. Turns refusals and exceptions of `handle` into answers with a code. */
export function route<Body extends v.GenericSchema | null, const N extends Needs>(
  declared: Route<Body, N>,
): (request: Request) => Promise<Response> {
  const { body, rate, needs } = declared
  const answer = async (request: Request): Promise<Response> => {
    if (
      request.method !== 'GET' &&
      request.method !== 'HEAD' &&
      !services().requests.mayMutate(request.headers)
    ) {
      return foreignAnswer(request)
    }
    try {
      const { call, setCookies } = await pass(request, declared)
      const response = await declared.handle(call as Call<Body, N>)
      return withCookies(response, setCookies)
    } catch (error) {
      return refused(request, error)
    }
  }
  return Object.assign(answer, { [RULES]: { body, rate, needs } satisfies RouteRules })
}

/** Returns the declaration of a route's method, or null for a function that `route` did not make. */
export function rulesOf(method: unknown): RouteRules | null {
  return typeof method === 'function' && RULES in method ? (method[RULES] as RouteRules) : null
}

/** Returns true if the caller is a program or a script of ours, which expects JSON; false for a plain form. */
export function isJson(request: Request): boolean {
  return /^application\/json\b/i.test(request.headers.get('content-type') ?? '')
}

/** Returns true if a browser navigates to the answer: a form without JavaScript, or a link. */
function isNavigation(request: Request): boolean {
  return !isJson(request) && /\btext\/html\b/i.test(request.headers.get('accept') ?? '')
}

/** Returns a service's answer as JSON: its result or its refusal. */
export function answered(answer: { readonly ok: true } | Refusal): Response {
  return answer.ok ? json(answer) : refusalInJson(answer)
}

/** Returns an answer in JSON. */
export function json(body: object, status = 200): Response {
  return Response.json(body, { status, headers: HEADERS })
}

/** Redirects the browser to a path of this site after a form. */
export function seeOther(path: string): Response {
  return new Response(null, { status: 303, headers: { ...HEADERS, Location: path } })
}

/** Returns the same answer with cookies added; `needs: 'guest'` does so by itself. */
export function withCookies(response: Response, setCookies: readonly string[]): Response {
  for (const cookie of setCookies) response.headers.append('Set-Cookie', cookie)
  return response
}

/** Checks the remaining rules, in order. Throws RefusedRequest. */
async function pass(request: Request, { body: schema, rate, needs }: RouteRules) {
  const { headers } = request
  grant(services().requests.takeRate(rate, headers, null))
  const body = schema && (await bodyOf(request, schema))
  const { session, setCookies } = await sessionFor(headers, needs)
  if (session) grant(services().requests.takeRate(rate, headers, session))
  if (session?.readOnly && !READING.has(rate)) {
    throw new RefusedRequest(refuse('forbidden', 'this access token may read only'))
  }
  const right = typeof needs === 'object' && session ? await rightFor(session, body, needs.role) : null
  return { call: { request, body, session, right }, setCookies }
}

/** The buckets that a read-only token may use: reading, and fetching a socket token. */
const READING: ReadonlySet<RouteRate> = new Set(['reads', 'sockets'])

function grant(retryAfterMs: number): void {
  if (retryAfterMs === 0) return
  throw new RefusedRequest(refuse('rate-limited', 'too many requests; try again later', retryAfterMs))
}

async function sessionFor(
  headers: Headers,
  needs: Needs,
): Promise<{ session: Session | null; setCookies: readonly string[] }> {
  if (needs === 'nobody') return { session: null, setCookies: [] }
  if (needs === 'guest') {
    const { setCookies, ...session } = await services().sessions.ensureGuest(headers)
    return { session, setCookies }
  }
  const session = await services().sessions.of(headers)
  if (!session) {
    throw new RefusedRequest(refuse('unauthenticated', 'there is no session; POST /api/session makes one'))
  }
  // A program is limited to documents: it cannot use its token to create another.
  if (needs === 'account' && (session.standing === 'guest' || session.isProgram)) {
    throw new RefusedRequest(REFUSALS.notSignedIn)
  }
  // Hide from non-administrators that there is anything here.
  if (needs === 'admin' && session.standing !== 'admin') {
    throw new RefusedRequest(refuse('not-found', 'there is nothing here'))
  }
  return { session, setCookies: [] }
}

async function rightFor(session: Session, body: unknown, needed: Role): Promise<Right> {
  const right = await services().documents.rightOf(session, (body as { readonly address: string }).address)
  if (!right) {
    throw new RefusedRequest(REFUSALS.notFound)
  }
  if (right.role === 'locked') {
    throw new RefusedRequest(REFUSALS.linkLocked)
  }
  if (!atLeast(right.role, needed)) {
    throw new RefusedRequest(refuse('forbidden', `this needs the role ${needed}`))
  }
  return right
}

/** Reads the body of a request by `schema`, from JSON or from a form. */
async function bodyOf(request: Request, schema: v.GenericSchema): Promise<unknown> {
  const text = await boundedText(request)
  const fields = isJson(request) ? parseJson(text) : Object.fromEntries(new URLSearchParams(text))
  const parsed = v.safeParse(schema, fields, { abortEarly: true })
  if (!parsed.success) {
    throw new RefusedRequest(refuse('bad-message', 'the body is not what this address takes'))
  }
  return parsed.output
}

async function boundedText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > BODY_BYTES) {
      throw new RefusedRequest(refuse('too-large', `a body has at most ${BODY_BYTES} bytes`))
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RefusedRequest(refuse('bad-message', 'the body is not JSON'))
  }
}

function refused(request: Request, error: unknown): Response {
  const refusal = refusalIn(error)
  if (!refusal || refusal.code === 'storage-failed') services().requests.reportFault(error)
  return answerTo(request, refusal ?? refuse('internal', 'the server failed; try again later'))
}

function answerTo(request: Request, refusal: Refusal): Response {
  return isNavigation(request)
    ? seeOther(pathOf({ to: 'refused', code: refusal.code }))
    : refusalInJson(refusal)
}

/** Answers a request from a page that is not ours, or not under an address that we know. */
function foreignAnswer(request: Request): Response {
  const { headers } = request
  const foreign = services().requests.foreignOrigin(headers)
  const { from, own, isOtherSite } = foreign
  if (isNavigation(request)) {
    const nonce = /'nonce-([^']+)'/.exec(headers.get('content-security-policy') ?? '')?.[1] ?? ''
    const reader = {
      cookie: headers.get('cookie') ?? undefined,
      'accept-language': headers.get('accept-language') ?? undefined,
    }
    const page = foreignOriginPage(foreign, reader, nonce)
    return new Response(page, {
      status: 403,
      headers: { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8' },
    })
  }
  const message = isOtherSite
    ? 'this request comes from a page of another site'
    : `this request comes from ${from ?? 'an unknown address'}, and the server knows itself as ${own}: open that, or set PUBLIC_URL`
  return refusalInJson(refuse('foreign-origin', message), 403)
}

function refusalInJson(refusal: Refusal, status = STATUS[refusal.code] ?? 400): Response {
  const response = json(refusal, status)
  if (refusal.retryAfterMs !== undefined) {
    response.headers.set('Retry-After', String(Math.ceil(refusal.retryAfterMs / 1000)))
  }
  return response
}
