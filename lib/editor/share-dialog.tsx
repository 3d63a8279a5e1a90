'use client'

import { lazy, Suspense } from 'react'
import type { DocumentSession } from './document-session.ts'
import { useWords } from './interface.tsx'
import { Dialog } from './overlays.tsx'

const loadPanel = () => import('./share-panel.tsx')
const SharePanel = lazy(() => loadPanel().then((module) => ({ default: module.SharePanel })))

/** Begins to load what the dialog shows: somebody is on the way to its button. Repeating is harmless. */
export function prepareShareDialog(): void {
  // Out of reach: the dialog asks again when it opens.
  loadPanel().catch(() => undefined)
}

interface ShareDialogProps {
  readonly session: DocumentSession
  readonly address: string
  readonly onClose: () => void
}

/** Who may do what, and the link: where the focus begins. */
export function ShareDialog({ session, address, onClose }: ShareDialogProps) {
  const words = useWords()
  return (
    <Dialog title={words.shareTitle} onClose={onClose}>
      <Suspense fallback={<div className="share-waiting" />}>
        <SharePanel session={session} address={address} />
      </Suspense>
    </Dialog>
  )
}
