import type { ReactNode } from 'react'

/** What went wrong with a form: read out at once. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <p className="note note-error sheet-problem" role="alert">
      {children}
    </p>
  )
}
