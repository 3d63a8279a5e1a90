import { useEffect, useState } from 'react'

export interface PasswordButtonProps {
  /** The id of the field. */
  readonly field: string
  /** The id of the field's label. */
  readonly labelledBy: string
  readonly labels: { readonly show: string; readonly hide: string }
}

/**
 * Shows what is typed in a password field. It is hidden again before it is sent, so that browsers do not remember it as
 * text.
 */
export function PasswordButton({ field, labelledBy, labels }: PasswordButtonProps) {
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    const input = document.getElementById(field)
    if (!(input instanceof HTMLInputElement)) return
    input.type = isShown ? 'text' : 'password'
    const hide = () => {
      input.type = 'password'
      setShown(false)
    }
    const { form } = input
    form?.addEventListener('submit', hide)
    return () => form?.removeEventListener('submit', hide)
  }, [field, isShown])
  return (
    <button
      type="button"
      className="password-show"
      aria-controls={field}
      aria-describedby={labelledBy}
      onClick={() => setShown(!isShown)}
    >
      {isShown ? labels.hide : labels.show}
    </button>
  )
}
