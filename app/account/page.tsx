import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import type { AccessToken } from '#lib/people/contract.ts'
import * as LIMITS from '#lib/protocol/limits.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { type AccountWords, accountWordsIn, problemWords } from '#lib/ui/words/account-words.ts'
import { admissionWordsIn } from '#lib/ui/words/admission-words.ts'
import { aboutToken } from '../about-token.ts'
import { EnhancedForm } from '../enhanced-form.tsx'
import { type PageProps, queryOf } from '../page-props.ts'
import { titleOf } from '../page-title.ts'
import { Problem } from '../problem.tsx'
import { CurrentPasswordField, Field, NewPasswordField, SheetPart, SiteFrame } from '../site-frame.tsx'
import { currentVisitor, type Visitor } from '../visitor.ts'

/** The lifetimes offered for a token, days. */
const LIVES = [7, 30, 90, 365]

export async function generateMetadata(): Promise<Metadata> {
  return { title: await titleOf(({ account }) => account) }
}

/** The user's account page: name, password, access tokens, sign-out. */
export default async function AccountPage(props: PageProps) {
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  if (!session || session.standing === 'guest') redirect(pathOf({ to: 'sign-in' }))
  const { email, hasPassword, tokens, madeToken } = await services().accounts.overview(session)
  const lostEmail = await services().accounts.lostEmail(session)
  const problem = problemWords(await queryOf(props, 'problem'), words)
  const done = (await queryOf(props, 'done')) !== null
  return (
    <SiteFrame visitor={visitor} session={session} width="text">
      <div className="sheet-head">
        <h1>{displayName(session.user, visitor.words)}</h1>
        {email === null ? null : <p className="sheet-lead">{email}</p>}
        <div className="button-row">
          {session.standing === 'admin' ? (
            <a className="button button-quiet" href={pathOf({ to: 'admin' })}>
              {words.admin}
            </a>
          ) : null}
          <a className="button button-quiet" href={pathOf({ to: 'sign-out' })}>
            {words.signOut}
          </a>
        </div>
      </div>
      {problem ? <Problem>{problem}</Problem> : null}
      {done ? (
        <p className="note sheet-done" role="status">
          {words.saved}
        </p>
      ) : null}
      {lostEmail === null ? null : (
        <LostEmail email={lostEmail} hasPassword={hasPassword} visitor={visitor} words={words} />
      )}
      <SheetPart id="profile" heading={words.profile}>
        <form className="sheet-form" method="post" action={pathOf({ to: 'api', path: 'account/name' })}>
          <Field
            label={words.name}
            name="name"
            hint={words.nameHint}
            autoComplete="nickname"
            required={false}
            maxLength={LIMITS.nameLength}
            defaultValue={session.user.name}
          />
          <button type="submit" className="button button-quiet">
            {words.save}
          </button>
        </form>
      </SheetPart>
      <SheetPart id="change-password" heading={words.changePassword}>
        {hasPassword ? (
          <>
            <p className="sheet-hint">{words.passwordEnds}</p>
            <EnhancedForm
              className="sheet-form"
              action={pathOf({ to: 'api', path: 'account/password' })}
              problems={words.problems}
            >
              <input type="hidden" name="username" value={email ?? ''} autoComplete="username" />
              <CurrentPasswordField label={words.currentPassword} name="current" words={words} />
              <NewPasswordField label={words.newPassword} words={words} />
              {tokens.length > 0 ? (
                <label className="sheet-tick">
                  <input type="checkbox" name="tokens" value="end" defaultChecked />
                  {admissionWordsIn(visitor.language).endTokens}
                </label>
              ) : null}
              <button type="submit" className="button button-quiet">
                {words.changePassword}
              </button>
            </EnhancedForm>
          </>
        ) : (
          <p className="sheet-hint">{words.setPasswordHint}</p>
        )}
      </SheetPart>
      <Tokens tokens={tokens} made={madeToken} visitor={visitor} words={words} />
    </SiteFrame>
  )
}

interface LostEmailProps {
  /** The e-mail that went to a user who had proved it. */
  readonly email: string
  readonly hasPassword: boolean
  readonly visitor: Visitor
  readonly words: AccountWords
}

function LostEmail({ email, hasPassword, visitor, words }: LostEmailProps) {
  const admission = admissionWordsIn(visitor.language)
  return (
    <SheetPart id="lost-email" heading={admission.choose}>
      <p className="note note-warn sheet-warning">{admission.lost(email)}</p>
      <EnhancedForm
        className="sheet-form"
        action={pathOf({ to: 'api', path: 'account/email' })}
        problems={words.problems}
      >
        <Field label={admission.newEmail} name="email" type="email" autoComplete="username" maxLength={254} />
        {hasPassword ? (
          <CurrentPasswordField
            id="email-password"
            label={words.currentPassword}
            name="password"
            words={words}
          />
        ) : null}
        <button type="submit" className="button">
          {words.save}
        </button>
      </EnhancedForm>
    </SheetPart>
  )
}

interface TokensProps {
  readonly tokens: readonly AccessToken[]
  readonly made: string | null
  readonly visitor: Visitor
  readonly words: AccountWords
}

function Tokens({ tokens, made, visitor, words }: TokensProps) {
  return (
    <SheetPart id="tokens" heading={words.tokens}>
      <p className="sheet-hint">{words.tokensLead}</p>
      {made ? (
        <div className="sheet-secret" role="status">
          <p>{words.madeToken}</p>
          <code>{made}</code>
        </div>
      ) : null}
      {tokens.length > 0 ? (
        <ul className="sheet-list">
          {tokens.map((token) => (
            <li key={token.id}>
              <div>
                <strong dir="auto">{token.name}</strong>
                <small>{aboutToken(token, visitor.language, words)}</small>
              </div>
              <form method="post" action={pathOf({ to: 'api', path: 'account/tokens/revoke' })}>
                <input type="hidden" name="id" value={token.id} />
                <button type="submit" className="button button-quiet" aria-label={words.revokeOf(token.name)}>
                  {words.revoke}
                </button>
              </form>
            </li>
          ))}
        </ul>
      ) : null}
      <form className="sheet-form" method="post" action={pathOf({ to: 'api', path: 'account/tokens' })}>
        <div className="sheet-fields">
          <div className="sheet-field">
            <label htmlFor="token-name">{words.tokenName}</label>
            <input id="token-name" name="name" className="field" required maxLength={80} autoComplete="off" />
          </div>
          <div className="sheet-field">
            <label htmlFor="token-scope">{words.tokenScope}</label>
            <select id="token-scope" name="scope" className="field" defaultValue="read">
              <option value="read">{words.scopes.read}</option>
              <option value="write">{words.scopes.write}</option>
            </select>
          </div>
          <div className="sheet-field">
            <label htmlFor="token-days">{words.tokenLife}</label>
            <select id="token-days" name="days" className="field" defaultValue="30">
              {LIVES.map((days) => (
                <option key={days} value={days}>
                  {words.days(days)}
                </option>
              ))}
            </select>
          </div>
        </div>
        <button type="submit" className="button button-quiet">
          {words.makeToken}
        </button>
      </form>
    </SheetPart>
  )
}
