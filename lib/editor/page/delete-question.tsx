'use client'

import { useState } from 'react'
import { report } from '#lib/protocol/report.ts'
import { pathOf } from '#lib/protocol/urls.ts'
import { useWords } from '#lib/ui/interface.tsx'

/** Asks before a document is deleted for everyone. Leaves the page once it is deleted. */
export function DeleteQuestion({ address, onClose }: { address: string; onClose: () => void }) {
  const words = useWords()
  const [state, setState] = useState<'asking' | 'deleting' | 'failed'>('asking')
  const remove = async () => {
    setState('deleting')
    try {
      const response = await fetch(pathOf({ to: 'api', path: 'documents/delete' }), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ address }),
      })
      if (!response.ok) throw new Error(`the server answered ${response.status}`)
      location.assign(pathOf({ to: 'front' }))
    } catch (error) {
      report('the document was not deleted', error)
      setState('failed')
    }
  }
  return (
    <>
      <p>{words.deleteExplain}</p>
      {state === 'failed' ? (
        <p className="note note-error" role="alert">
          {words.deleteFailed}
        </p>
      ) : null}
      <div className="button-row button-row-end">
        <button type="button" className="button button-quiet" data-autofocus onClick={onClose}>
          {words.cancel}
        </button>
        <button
          type="button"
          className="button button-danger"
          disabled={state === 'deleting'}
          onClick={() => void remove()}
        >
          {words.deleteButton}
        </button>
      </div>
    </>
  )
}
