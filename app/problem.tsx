import type { ReactNode } from 'react'

/** The problem with a form, read out immediately. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <p className="note note-error sheet-problem" role="alert">
      {children}
    </p>
  )
}
