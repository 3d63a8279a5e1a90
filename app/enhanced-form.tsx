'use client'

import { type FormEvent, type ReactNode, useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { Problem } from './problem.tsx'

interface EnhancedFormProps {
  /** The route, which accepts this form and the same fields as JSON (app/api/account/answers.ts). */
  readonly action: string
  /** Sentences by problem; `failed` is used for any other. */
  readonly problems: Readonly<Record<string, string>>
  /** The problem that a submission without JavaScript came back with. */
  readonly problem?: string | null
  /** True to stay on this page after success and reload it, because it is now shown to a different user. */
  readonly stays?: boolean
  readonly className?: string
  readonly children: ReactNode
}

/**
 * A plain form that also works without JavaScript. With JavaScript, the fields keep their input after a problem, and
 * success leads to the document whose address is in this page's fragment, if there is one.
 */
export function EnhancedForm(props: EnhancedFormProps) {
  const { action, problems, stays = false, className, children } = props
  const [problem, setProblem] = useState<string | null>(props.problem ?? null)
  const [busy, setBusy] = useState(false)

  const send = async (fields: HTMLFormElement) => {
    // Fetched when it is needed: this form is part of the page of every document.
    const sending = import('./send-form.ts').then((module) => module.sendForm(fields, stays))
    const found = await sending.catch((error: unknown) => {
      report('the form was not sent', error)
      return 'offline'
    })
    setProblem(found)
    setBusy(found === null)
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setProblem(null)
    void send(event.currentTarget)
  }
  return (
    <form className={className} method="post" action={action} onSubmit={submit} aria-busy={busy}>
      {problem === null ? null : (
        <Problem>{(Object.hasOwn(problems, problem) && problems[problem]) || problems.failed}</Problem>
      )}
      {children}
    </form>
  )
}
