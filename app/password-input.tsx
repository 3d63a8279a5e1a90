import type { ComponentProps } from 'react'
import { PasswordShow } from './password-show.tsx'

interface PasswordInputProps extends Omit<ComponentProps<'input'>, 'type' | 'className' | 'id'> {
  readonly id: string
  /** The id of the field's label. */
  readonly labelledBy: string
  readonly labels: { readonly show: string; readonly hide: string }
}

/** A field for a password with a button that shows it; without JavaScript a plain one. */
export function PasswordInput({ id, labelledBy, labels, ...input }: PasswordInputProps) {
  return (
    <span className="password">
      <input id={id} className="field" type="password" spellCheck={false} autoCapitalize="none" {...input} />
      <PasswordShow field={id} labelledBy={labelledBy} labels={labels} />
    </span>
  )
}
