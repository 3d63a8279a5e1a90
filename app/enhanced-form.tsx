'use client'

import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { addressIn, pathOf } from '#lib/protocol/urls.ts'
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
  const form = useRef<HTMLFormElement>(null)

  const send = async () => {
    const fields = Object.fromEntries(new FormData(form.current ?? undefined))
    try {
      const response = await fetch(action, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fields),
      })
      const answer: { ok?: boolean; to?: string; problem?: string; code?: string } = await response.json()
      if (answer.ok) {
        goOn(answer.to, stays)
        return
      }
      if (answer.code === 'foreign-origin') {
        // The answer to the plain form is a page that explains it.
        form.current?.submit()
        return
      }
      setProblem(response.status === 429 ? 'too-often' : (answer.problem ?? 'failed'))
    } catch (error) {
      report('the form was not sent', error)
      setProblem('offline')
    }
    setBusy(false)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setProblem(null)
    void send()
  }
  return (
    <form ref={form} className={className} method="post" action={action} onSubmit={submit} aria-busy={busy}>
      {problem === null ? null : (
        <Problem>{(Object.hasOwn(problems, problem) && problems[problem]) || problems.failed}</Problem>
      )}
      {children}
    </form>
  )
}

function goOn(to: string | undefined, stays: boolean): void {
  if (stays) {
    location.reload()
    return
  }
  const address = addressIn(location.hash.slice(1))
  location.assign(address ? pathOf({ to: 'document', address }) : (to ?? pathOf({ to: 'front' })))
}
