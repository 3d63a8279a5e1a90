import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import type { ListedKept, ListedSession, ListedToken, ListedUser } from '#lib/people/contract.ts'
import type { Session } from '#lib/people/session.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { services } from '#lib/server/services.ts'
import { displayName } from '#lib/ui/display-name.ts'
import { type AccountWords, accountWordsIn, problemWords } from '#lib/ui/words/account-words.ts'
import { admissionWordsIn } from '#lib/ui/words/admission-words.ts'
import { frontWordsIn } from '#lib/ui/words/front-words.ts'
import { aboutToken } from '../about-token.ts'
import { dateIn } from '../dates.ts'
import { type PageProps, queryOf } from '../page-props.ts'
import { titleOf } from '../page-title.ts'
import { Problem } from '../problem.tsx'
import { Question } from '../question.tsx'
import { SheetPart, SiteFrame } from '../site-frame.tsx'
import { timeAgo } from '../time-ago.ts'
import { currentVisitor, type Visitor } from '../visitor.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: await titleOf(({ admin }) => admin) }
}

/** The administrator's page: people, documents, sessions. For anyone else it does not exist. */
export default async function AdminPage(props: PageProps) {
  const visitor = await currentVisitor()
  const words = accountWordsIn(visitor.language)
  const session = await services().sessions.of(await headers())
  if (!session) redirect(pathOf({ to: 'sign-in' }))
  if (session.standing !== 'admin') notFound()
  const {
    admin,
    sessions: { guests },
    accounts: { signUps },
  } = services()
  const admission = admissionWordsIn(visitor.language)
  const search = ((await queryOf(props, 'q')) ?? '').slice(0, 100)
  const [users, documents, sessions, tokens] = await Promise.all([
    admin.users(search),
    admin.documents(search),
    admin.sessions(),
    admin.tokens(search),
  ])
  const made = admin.madeLink(session)
  const problem = problemWords(await queryOf(props, 'problem'), words)
  return (
    <SiteFrame visitor={visitor} session={session} width="table">
      <div className="sheet-head">
        <h1>{words.admin}</h1>
        <form className="sheet-search" method="get" action={pathOf({ to: 'admin' })}>
          <input
            className="field"
            type="search"
            name="q"
            defaultValue={search}
            aria-label={words.search}
            placeholder={words.search}
          />
          <button type="submit" className="button button-quiet">
            {words.search}
          </button>
        </form>
      </div>
      {problem ? <Problem>{problem}</Problem> : null}
      {admin.lowSpace === null ? null : <Problem>{words.lowSpace(words.size(admin.lowSpace))}</Problem>}
      {made ? (
        <div className="sheet-secret" role="status">
          <p>{made.kind === 'reset' ? words.madeLink(made.email) : admission.madeInvitation(made.email)}</p>
          <code>{made.link}</code>
        </div>
      ) : null}
      {signUps === 'invited' ? <Invite visitor={visitor} words={words} /> : null}
      <Users users={users} session={session} visitor={visitor} words={words} />
      <Documents documents={documents} visitor={visitor} words={words} />
      <Sessions sessions={sessions} visitor={visitor} words={words} session={session} />
      <Tokens tokens={tokens} visitor={visitor} words={words} />
      <SheetPart id="sign-ups" heading={admission.signUps}>
        <p>{admission.signUpPolicies[signUps]}</p>
        <p className="sheet-hint">{admission.signUpsHint}</p>
      </SheetPart>
      <SheetPart id="guests" heading={words.guestsPolicy}>
        <p>{words.guests[guests]}</p>
        <p className="sheet-hint">{words.guestsHint}</p>
      </SheetPart>
    </SiteFrame>
  )
}

interface PartProps {
  readonly visitor: Visitor
  readonly words: AccountWords
}

function Invite({ visitor, words }: PartProps) {
  const admission = admissionWordsIn(visitor.language)
  return (
    <SheetPart id="invite" heading={admission.invite}>
      <p className="sheet-hint">{admission.inviteHint}</p>
      <form
        className="sheet-search sheet-invite"
        method="post"
        action={pathOf({ to: 'api', path: 'admin/invitations' })}
      >
        <input
          className="field"
          type="email"
          name="email"
          required
          maxLength={254}
          autoComplete="off"
          aria-label={words.email}
          placeholder={words.email}
        />
        <button type="submit" className="button button-quiet">
          {admission.makeInvitation}
        </button>
      </form>
    </SheetPart>
  )
}

function Users({
  users,
  session,
  visitor,
  words,
}: PartProps & { users: readonly ListedUser[]; session: Session }) {
  return (
    <SheetPart id="users" heading={words.users}>
      {users.length === 0 ? <p className="sheet-hint">{words.nothingFound}</p> : null}
      <ul className="sheet-list">
        {users.map(({ user, email, isAdmin, isDisabled, createdAt }) => {
          const isSelf = user.userId === session.user.userId
          const signs = [isSelf && words.you, isAdmin && words.isAdmin, isDisabled && words.isDisabled]
          return (
            <li key={user.userId} className={isDisabled ? 'is-disabled' : undefined}>
              <div>
                <strong dir="auto">{displayName(user, visitor.words)}</strong>
                <small>
                  {[email, ...signs.filter(Boolean), words.since(dateIn(visitor.language, createdAt))].join(
                    ' · ',
                  )}
                </small>
              </div>
              <form
                className="button-row"
                method="post"
                action={pathOf({ to: 'api', path: 'admin/users' })}
                aria-label={words.actionsFor(email)}
              >
                <input type="hidden" name="userId" value={user.userId} />
                <Action value="reset">{words.resetLink}</Action>
                {isSelf ? null : (
                  <>
                    <Action value={isAdmin ? 'demote' : 'promote'}>
                      {isAdmin ? words.demote : words.promote}
                    </Action>
                    <Action value={isDisabled ? 'enable' : 'disable'}>
                      {isDisabled ? words.enable : words.disable}
                    </Action>
                  </>
                )}
              </form>
            </li>
          )
        })}
      </ul>
    </SheetPart>
  )
}

function Action({ value, children }: { value: string; children: string }) {
  return (
    <button type="submit" name="action" value={value} className="button button-quiet">
      {children}
    </button>
  )
}

function Tokens({ tokens, visitor, words }: PartProps & { tokens: readonly ListedToken[] }) {
  const { tokens: heading, revokeOf } = admissionWordsIn(visitor.language)
  return (
    <SheetPart id="tokens" heading={heading}>
      {tokens.length === 0 ? <p className="sheet-hint">{words.nothingFound}</p> : null}
      <ul className="sheet-list">
        {tokens.map((token) => (
          <li key={token.id}>
            <div>
              <strong dir="auto">{token.name}</strong>
              <small>{[token.email, aboutToken(token, visitor.language, words)].join(' · ')}</small>
            </div>
            <form method="post" action={pathOf({ to: 'api', path: 'admin/tokens' })}>
              <input type="hidden" name="id" value={token.id} />
              <button
                type="submit"
                className="button button-quiet"
                aria-label={revokeOf(token.name, token.email)}
              >
                {words.revoke}
              </button>
            </form>
          </li>
        ))}
      </ul>
    </SheetPart>
  )
}

function Documents({ documents, visitor, words }: PartProps & { documents: readonly ListedKept[] }) {
  const now = Date.now()
  return (
    <SheetPart id="documents" heading={words.documents}>
      {documents.length === 0 ? <p className="sheet-hint">{words.nothingFound}</p> : null}
      <ul className="sheet-list">
        {documents.map(({ documentId, title, owner, bytes, updatedAt, isDeleted }) => (
          <li key={documentId} className={isDeleted ? 'is-disabled' : undefined}>
            <div>
              <strong dir="auto">{title || visitor.words.untitled}</strong>
              <small>
                {[owner ?? words.guest, words.size(bytes), timeAgo(updatedAt, now, visitor.language)].join(
                  ' · ',
                )}
              </small>
            </div>
            {isDeleted ? (
              <small>{words.deletedDocument}</small>
            ) : (
              <>
                <button
                  type="button"
                  className="button button-quiet"
                  popoverTarget={`delete-${documentId}`}
                  aria-label={words.deleteOf(title || visitor.words.untitled)}
                >
                  {words.deleteDocument}
                </button>
                <Question
                  id={`delete-${documentId}`}
                  question={frontWordsIn(visitor.language).removeOwned}
                  cancel={visitor.words.cancel}
                  answer={words.deleteDocument}
                  path="admin/documents"
                  name="documentId"
                  value={documentId}
                />
              </>
            )}
          </li>
        ))}
      </ul>
    </SheetPart>
  )
}

function Sessions({
  sessions,
  session,
  visitor,
  words,
}: PartProps & { sessions: readonly ListedSession[]; session: Session }) {
  return (
    <SheetPart id="sessions" heading={words.sessions}>
      <ul className="sheet-list">
        {sessions.map(({ sessionId, email, since }) => (
          <li key={sessionId}>
            <div>
              <strong>{email}</strong>
              <small>
                {[sessionId === session.sessionId && words.you, words.since(dateIn(visitor.language, since))]
                  .filter(Boolean)
                  .join(' · ')}
              </small>
            </div>
            {sessionId === session.sessionId ? null : (
              <form method="post" action={pathOf({ to: 'api', path: 'admin/sessions' })}>
                <input type="hidden" name="sessionId" value={sessionId} />
                <button type="submit" className="button button-quiet" aria-label={words.endOf(email)}>
                  {words.end}
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
    </SheetPart>
  )
}
