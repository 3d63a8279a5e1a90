import * as v from 'valibot'
import type { AccountOutcome, AccountProblem } from '#lib/people/contract.ts'
import { PASSWORD_LENGTH } from '#lib/protocol/identity.ts'
import { type Place, pathOf } from '#lib/protocol/urls.ts'
import { isJson, json, seeOther, withCookies } from '../edge.ts'

/** Text as people type it: the route checks it and answers in words; the schema only limits its length. */
const typed = v.pipe(v.string(), v.maxLength(1000))

/** An e-mail and a password, as typed. */
export const credentialsSchema = v.object({ email: typed, password: typed })

/** Credentials and a name for a new account, with the field names of the form. */
export const newAccountSchema = v.object({ ...credentialsSchema.entries, name: v.optional(typed, '') })

export const passwordSchema = typed

/** Accepts the e-mails that a browser's own field of this type accepts. */
const isEmail = (email: string) =>
  v.safeParse(v.pipe(v.string(), v.maxLength(254), v.rfcEmail()), email).success

/**
 * Returns the problem with the shape of an e-mail or a new password, found without a store call, or null if there is
 * none.
 */
export function shapeProblem(given: {
  readonly email?: string
  readonly password?: string
}): AccountProblem | null {
  const { email, password } = given
  if (email !== undefined && !isEmail(email)) return 'email'
  if (password === undefined) return null
  const { least, most } = PASSWORD_LENGTH
  return password.length < least || password.length > most ? 'password' : null
}

/**
 * Answers a form: redirects to `done` on success, and back to `form` with `?problem=` otherwise. A script of ours gets
 * `{ ok: true, to }` or `{ ok: false, problem }` and stays on the page. `query` is appended to `done`, like
 * `?reset=done`.
 */
export function answerTo(
  request: Request,
  outcome: AccountOutcome,
  { done, form, query = '' }: { readonly done: Place; readonly form: Place; readonly query?: string },
): Response {
  const to = pathOf(done) + query
  if (outcome.ok)
    return withCookies(isJson(request) ? json({ ok: true, to }) : seeOther(to), outcome.setCookies)
  const { problem } = outcome
  return isJson(request) ? json({ ok: false, problem }, 422) : seeOther(`${pathOf(form)}?problem=${problem}`)
}

/** Returns an outcome without cookies. */
export function outcome(problem: AccountProblem | null): AccountOutcome {
  return problem === null ? { ok: true, setCookies: [] } : { ok: false, problem }
}
