import { report } from '#lib/protocol/report.ts'
import { addressIn, pathOf } from '#lib/protocol/urls.ts'

/**
 * Sends a form's fields to its route as JSON (app/api/account/answers.ts). Returns the problem, null once the browser
 * goes on to another page. `stays`: see EnhancedForm.
 */
export async function sendForm(form: HTMLFormElement, stays: boolean): Promise<string | null> {
  try {
    const response = await fetch(form.getAttribute('action') ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    })
    const answer: { ok?: boolean; to?: string; problem?: string; code?: string } = await response.json()
    if (answer.ok) goOn(answer.to, stays)
    // The answer to the plain form is a page that explains it.
    else if (answer.code === 'foreign-origin') form.submit()
    else return response.status === 429 ? 'too-often' : (answer.problem ?? 'failed')
    return null
  } catch (error) {
    report('the form was not sent', error)
    return 'offline'
  }
}

function goOn(to: string | undefined, stays: boolean): void {
  if (stays) {
    location.reload()
    return
  }
  const address = addressIn(location.hash.slice(1))
  location.assign(address ? pathOf({ to: 'document', address }) : (to ?? pathOf({ to: 'front' })))
}
