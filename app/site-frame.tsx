import './css/front.css'
import './css/account.css'

import type { ReactNode } from 'react'
import type { Session } from '#lib/people/session.ts'
import { PASSWORD_LENGTH } from '#lib/protocol/identity.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { displayName, initials } from '#lib/ui/display-name.ts'
import { BookIcon } from '#lib/ui/icons.tsx'
import { type AccountWords, accountWordsIn } from '#lib/ui/words/account-words.ts'
import { EnhancedForm } from './enhanced-form.tsx'
import { ForeignHost } from './notices.tsx'
import { PasswordInput } from './password-input.tsx'
import type { Visitor } from './visitor.ts'

interface SiteFrameProps {
  readonly visitor: Visitor
  readonly session: Session | null
  /** The width of the page's content: one column to fill in, one to read, or a table. */
  readonly width: 'form' | 'text' | 'table'
  readonly children: ReactNode
}

/** The frame of every page that is neither the front page nor a document. */
export function SiteFrame({ visitor, session, width, children }: SiteFrameProps) {
  return (
    <div className="front">
      <header>
        <div className="front-bar">
          <a className="front-name" href={pathOf({ to: 'front' })} aria-label={visitor.words.home}>
            <BookIcon size={24} />
            {visitor.words.product}
          </a>
          {session && session.standing !== 'guest' ? (
            <AccountChip visitor={visitor} session={session} />
          ) : null}
        </div>
        <ForeignHost visitor={visitor} />
      </header>
      <main className={`sheet sheet-${width}`}>{children}</main>
    </div>
  )
}

interface FormPageProps {
  readonly visitor: Visitor
  readonly session: Session | null
  readonly heading: string
  readonly lead?: string
  readonly children?: ReactNode
}

/** A page of one form under its heading. */
export function FormPage({ visitor, session, heading, lead, children }: FormPageProps) {
  return (
    <SiteFrame visitor={visitor} session={session} width="form">
      <h1>{heading}</h1>
      {lead === undefined ? null : <p className="sheet-lead">{lead}</p>}
      {children}
    </SiteFrame>
  )
}

interface AccountFormProps {
  readonly words: AccountWords
  /** The route under `account`. */
  readonly path: 'sign-in' | 'sign-up' | 'reset' | 'setup'
  /** The problem that a submission without JavaScript came back with. */
  readonly problem: string | null
  readonly stays?: boolean
  readonly button: string
  readonly children: ReactNode
}

/** A form of the account's routes with its button. */
export function AccountForm({ words, path, problem, stays = false, button, children }: AccountFormProps) {
  return (
    <EnhancedForm
      className="sheet-form"
      action={pathOf({ to: 'api', path: `account/${path}` })}
      problems={words.problems}
      problem={problem}
      stays={stays}
    >
      {children}
      <button type="submit" className="button button-large">
        {button}
      </button>
    </EnhancedForm>
  )
}

/** A part of a page under its heading. `id` is unique on its page. */
export function SheetPart({ id, heading, children }: { id: string; heading: string; children: ReactNode }) {
  return (
    <section className="sheet-part" aria-labelledby={id}>
      <h2 id={id}>{heading}</h2>
      {children}
    </section>
  )
}

/** A sign-in link for guests; for people with an account, their name as a link to it. */
export function AccountChip({ visitor, session }: { visitor: Visitor; session: Session | null }) {
  const words = accountWordsIn(visitor.language)
  if (!session || session.standing === 'guest') {
    return (
      <a className="quiet-button" href={pathOf({ to: 'sign-in' })}>
        {words.signIn}
      </a>
    )
  }
  const { user } = session
  const name = displayName(user, visitor.words)
  return (
    <a className="quiet-button account-chip" href={pathOf({ to: 'account' })}>
      <span className="visually-hidden">{visitor.words.labelled(words.account, '')}</span>
      <span className="account-dot" data-initials={initials(name)} aria-hidden="true" />
      <span className="account-chip-name">{name}</span>
    </a>
  )
}

interface FieldProps {
  /** Unique on its page; the name if it is left out. */
  readonly id?: string
  readonly label: string
  readonly name: string
  readonly type?: 'text' | 'email'
  readonly hint?: string
  readonly autoComplete: string
  readonly required?: boolean
  readonly minLength?: number
  readonly maxLength?: number
  readonly defaultValue?: string
}

/** One field of a form under its label. */
export function Field({
  name,
  id = name,
  label,
  hint,
  type = 'text',
  required = true,
  ...input
}: FieldProps) {
  const hintId = `${id}-hint`
  return (
    <div className="sheet-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        className="field"
        required={required}
        aria-describedby={hint === undefined ? undefined : hintId}
        {...(type === 'text' ? {} : { spellCheck: false, autoCapitalize: 'none' })}
        {...input}
      />
      {hint === undefined ? null : (
        <p id={hintId} className="sheet-hint">
          {hint}
        </p>
      )}
    </div>
  )
}

/** The fields of a new account: e-mail, password, name. */
export function NewAccountFields({ words }: { words: AccountWords }) {
  return (
    <>
      <EmailField words={words} />
      <InvitedFields words={words} />
    </>
  )
}

/** The fields of a new account whose e-mail is given: password, name. */
export function InvitedFields({ words }: { words: AccountWords }) {
  return (
    <>
      <NewPasswordField label={words.password} words={words} />
      <Field
        label={words.name}
        name="name"
        hint={words.nameHint}
        autoComplete="nickname"
        required={false}
        maxLength={40}
      />
    </>
  )
}

export function EmailField({ words }: { words: AccountWords }) {
  return <Field label={words.email} name="email" type="email" autoComplete="username" maxLength={254} />
}

interface PasswordFieldProps extends Omit<FieldProps, 'type' | 'autoComplete'> {
  readonly words: AccountWords
  readonly autoComplete: 'current-password' | 'new-password'
}

/** A field for a password under its label, with a button that shows it. */
function PasswordField({ name, id = name, label, hint, words, ...input }: PasswordFieldProps) {
  const hintId = `${id}-hint`
  return (
    <div className="sheet-field">
      <label id={`${id}-label`} htmlFor={id}>
        {label}
      </label>
      <PasswordInput
        id={id}
        labelledBy={`${id}-label`}
        name={name}
        required
        aria-describedby={hint === undefined ? undefined : hintId}
        labels={{ show: words.showPassword, hide: words.hidePassword }}
        {...input}
      />
      {hint === undefined ? null : (
        <p id={hintId} className="sheet-hint">
          {hint}
        </p>
      )}
    </div>
  )
}

/** A field for the present password. */
export function CurrentPasswordField({
  label,
  name,
  id = name,
  words,
}: Pick<PasswordFieldProps, 'label' | 'name' | 'id' | 'words'>) {
  return (
    <PasswordField
      label={label}
      name={name}
      id={id ?? name}
      words={words}
      autoComplete="current-password"
      maxLength={PASSWORD_LENGTH.most}
    />
  )
}

/** A field for a new password. */
export function NewPasswordField({ label, words }: { label: string; words: AccountWords }) {
  return (
    <PasswordField
      label={label}
      name="password"
      words={words}
      hint={words.passwordHint(PASSWORD_LENGTH.least)}
      autoComplete="new-password"
      minLength={PASSWORD_LENGTH.least}
      maxLength={PASSWORD_LENGTH.most}
    />
  )
}
