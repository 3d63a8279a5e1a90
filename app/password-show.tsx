'use client'

import { type ComponentType, useEffect, useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import type { PasswordButtonProps } from './password-button.tsx'

/** The button that shows a password, fetched after the page: a document's page has no use for it. */
export function PasswordShow(props: PasswordButtonProps) {
  const [Button, setButton] = useState<ComponentType<PasswordButtonProps> | null>(null)
  useEffect(() => {
    import('./password-button.tsx').then(
      (module) => setButton(() => module.PasswordButton),
      (error: unknown) => report('the password cannot be shown', error, 'debug'),
    )
  }, [])
  return Button ? <Button {...props} /> : null
}
