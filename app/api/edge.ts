import * as v from 'valibot'
import { type ErrorCode, refuse } from '#lib/protocol/errors.ts'
import { services } from '#lib/server/services.ts'

/*
 * The edge of the HTTP routes: where a request comes from, how large it may be, and how every answer looks.
 * A route that gets JSON answers JSON; one that gets a form (also without JavaScript) answers a redirect.
 */

/** No route takes more than a name or a link. */
const BODY_BYTES = 16 * 1024

const STATUS: Partial<Record<ErrorCode, number>> = {
  'bad-message': 400,
  unauthenticated: 401,
  'not-found': 404,
  'too-large': 413,
  internal: 500,
}

const HEADERS = {
  'Cache-Control': 'private, no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const

/** Ends a request with a coded answer; `mutation` turns it into one. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest'
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Wraps a route that changes something: foreign pages are refused, refusals and faults get their coded answer. */
export function mutation(route: (request: Request) => Promise<Response>) {
  return async (request: Request): Promise<Response> => {
    if (!services().mayMutate(request.headers)) {
      return json(refuse('bad-message', 'this request comes from a page of another site'), { status: 403 })
    }
    try {
      return await route(request)
    } catch (error) {
      if (error instanceof RefusedRequest) {
        return json(refuse(error.code, error.message), { status: STATUS[error.code] ?? 400 })
      }
      services().reportFault(error)
      return json(refuse('internal', 'the server failed; try again later'), { status: 500 })
    }
  }
}

/** What a request brings, in the shape of `schema`, from JSON or from a form. Throws RefusedRequest. */
export async function bodyOf<S extends v.GenericSchema>(
  request: Request,
  schema: S,
): Promise<v.InferOutput<S>> {
  const text = await boundedText(request)
  const parsed = v.safeParse(
    schema,
    isJson(request) ? parseJson(text) : Object.fromEntries(new URLSearchParams(text)),
  )
  if (!parsed.success) throw new RefusedRequest('bad-message', 'the body is not what this address takes')
  return parsed.output
}

/** True when the caller is a program or a script of ours, which wants JSON; false for a plain form. */
export function isJson(request: Request): boolean {
  return /^application\/json\b/i.test(request.headers.get('content-type') ?? '')
}

export function json(body: object, { status = 200, setCookies = [] as readonly string[] } = {}): Response {
  return withCookies(Response.json(body, { status, headers: HEADERS }), setCookies)
}

/** Sends the browser to a path of this site after a form. */
export function seeOther(path: string, setCookies: readonly string[] = []): Response {
  return withCookies(new Response(null, { status: 303, headers: { ...HEADERS, Location: path } }), setCookies)
}

function withCookies(response: Response, setCookies: readonly string[]): Response {
  for (const cookie of setCookies) response.headers.append('Set-Cookie', cookie)
  return response
}

async function boundedText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.length
    if (size > BODY_BYTES) throw new RefusedRequest('too-large', `a body has at most ${BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RefusedRequest('bad-message', 'the body is not JSON')
  }
}
