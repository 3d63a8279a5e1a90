'use client'

import { useParams } from 'next/navigation'
import { useEffect, useState } from 'react'
import type { LeftDraft } from '#lib/editor/saving/left-draft.tsx'
import { report } from '#lib/protocol/report.ts'
import type { Language } from '#lib/ui/words/language.ts'

/** Shows edits made here before the document became inaccessible. */
export function LeftBehind({ language, userId }: { language: Language; userId: string | null }) {
  const { address } = useParams<{ address: string }>()
  const [Draft, setDraft] = useState<typeof LeftDraft | null>(null)
  useEffect(() => {
    // Only in the browser: it reads this browser's copy, with its own Yjs.
    if (typeof window === 'undefined') return
    import('#lib/editor/saving/left-draft.tsx').then(
      (module) => setDraft(() => module.LeftDraft),
      (error: unknown) => report('this browser does not say what was typed here', error),
    )
  }, [])
  return Draft ? <Draft address={address} language={language} userId={userId} /> : null
}
