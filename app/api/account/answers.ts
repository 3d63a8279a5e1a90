import * as v from 'valibot'
import type { AccountOutcome, AccountProblem } from '#lib/people/contract.ts'
import { PASSWORD_LENGTH } from '#lib/protocol/identity.ts'
import { type Place, pathOf } from '#lib/protocol/urls.ts'
import { isJson, json, seeOther, withCookies } from '../edge.ts'

/** What people type: looked at by the route, which answers in words, not by the schema. */
const typed = v.pipe(v.string(), v.maxLength(1000))

/** An e-mail and a password, as typed. */
export const credentialsSchema = v.object({ email: typed, password: typed })

/** The same with a name for a new account, and in the form's own words for where it is used. */
export const newAccountSchema = v.object({ ...credentialsSchema.entries, name: v.optional(typed, '') })

export const passwordSchema = typed

const isEmail = (email: string) => v.safeParse(v.pipe(v.string(), v.maxLength(254), v.email()), email).success

/** What is wrong with an e-mail or a new password before anybody is asked; null: nothing. */
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
 * The answer to a form: a way on when it went well, back to the form with `?problem=` when not. A script of ours gets
 * `{ ok: true, to }` or `{ ok: false, problem }` and stays on the page. `query`: said on the way on, like `?reset=done`.
 */
export function answerTo(
  request: Request,
  outcome: AccountOutcome,
  done: Place,
  form: Place,
  query = '',
): Response {
  const to = pathOf(done) + query
  if (outcome.ok)
    return withCookies(isJson(request) ? json({ ok: true, to }) : seeOther(to), outcome.setCookies)
  const { problem } = outcome
  return isJson(request) ? json({ ok: false, problem }, 422) : seeOther(`${pathOf(form)}?problem=${problem}`)
}

/** An outcome without cookies. */
export function outcome(problem: AccountProblem | null): AccountOutcome {
  return problem === null ? { ok: true, setCookies: [] } : { ok: false, problem }
}
