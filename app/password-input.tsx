'use client'

import { type ComponentProps, useEffect, useRef, useState } from 'react'

interface PasswordInputProps extends Omit<ComponentProps<'input'>, 'type' | 'className' | 'id'> {
  readonly id: string
  /** The id of the field's label. */
  readonly labelledBy: string
  readonly labels: { readonly show: string; readonly hide: string }
}

/**
 * A field for a password with a button that shows it. The button is there once it works; without JavaScript the field
 * is a plain one. What was shown is hidden before it is sent, so that browsers do not remember it as text.
 */
export function PasswordInput({ id, labelledBy, labels, ...input }: PasswordInputProps) {
  const [isReady, setReady] = useState(false)
  const [isShown, setShown] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    setReady(true)
    const form = field.current?.form
    const hide = () => setShown(false)
    form?.addEventListener('submit', hide)
    return () => form?.removeEventListener('submit', hide)
  }, [])
  return (
    <span className="password">
      <input
        ref={field}
        id={id}
        className="field"
        type={isShown ? 'text' : 'password'}
        spellCheck={false}
        autoCapitalize="none"
        {...input}
      />
      {isReady ? (
        <button
          type="button"
          className="password-show"
          aria-controls={id}
          aria-describedby={labelledBy}
          onClick={() => setShown(!isShown)}
        >
          {isShown ? labels.hide : labels.show}
        </button>
      ) : null}
    </span>
  )
}
