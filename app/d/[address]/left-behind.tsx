'use client'

import dynamic from 'next/dynamic'
import { useParams } from 'next/navigation'
import type { Language } from '#lib/editor/words.ts'

// Only in the browser: it reads this browser's copy, with a Yjs of its own.
const LeftDraft = dynamic(() => import('#lib/editor/left-draft.tsx').then((module) => module.LeftDraft), {
  ssr: false,
})

/** Words typed here before the document could no longer be opened. */
export function LeftBehind({ language, userId }: { language: Language; userId: string | null }) {
  const { address } = useParams<{ address: string }>()
  return <LeftDraft address={address} language={language} userId={userId} />
}
