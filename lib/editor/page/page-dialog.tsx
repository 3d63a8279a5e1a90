'use client'

import type { Editor } from '@tiptap/core'
import { useWords } from '#lib/ui/interface.tsx'
import { Later, laterPart } from '#lib/ui/loaded-later.tsx'
import { Dialog } from '#lib/ui/overlays.tsx'
import type { Words } from '#lib/ui/words/page-words.ts'
import { ProfileForm, usePeople } from '../people/people-bar.tsx'
import type { DocumentSession } from '../session/document-session.ts'

/** *link* is about the link at the selection, *share* about links to the document. */
export type DialogName = 'share' | 'shortcuts' | 'delete' | 'link' | 'count' | 'profile'

const sharePanel = laterPart(() => import('../sharing/share-panel.tsx').then((module) => module.SharePanel))
const shortcuts = laterPart(() => import('./shortcuts.tsx').then((module) => module.Shortcuts))
const deleteQuestion = laterPart(() =>
  import('./delete-question.tsx').then((module) => module.DeleteQuestion),
)
const hyperlinkForm = laterPart(() => import('./hyperlink-form.tsx').then((module) => module.HyperlinkForm))
const wordCount = laterPart(() => import('./word-count-panel.tsx').then((module) => module.WordCountPanel))

/** Starts loading the dialogs, so that they open immediately, and without the server too. */
export function prepareDialogs(): void {
  for (const part of [sharePanel, shortcuts, deleteQuestion, hyperlinkForm, wordCount]) part.prepare()
}

interface PageDialogProps {
  readonly name: DialogName
  readonly session: DocumentSession
  readonly address: string
  readonly editor: Editor | null
  readonly onClose: () => void
}

/** The one dialog that is open. */
export function PageDialog({ name, session, address, editor, onClose }: PageDialogProps) {
  const words = useWords()
  return (
    <Dialog title={titleOf(name, words)} onClose={onClose}>
      {name === 'share' ? (
        <Later part={sharePanel} props={{ session, address }} waiting="share-waiting" />
      ) : null}
      {name === 'shortcuts' ? <Later part={shortcuts} props={{}} /> : null}
      {name === 'delete' ? <Later part={deleteQuestion} props={{ address, onClose }} /> : null}
      {name === 'count' && editor ? <Later part={wordCount} props={{ editor }} /> : null}
      {name === 'profile' ? <OwnProfile session={session} onClose={onClose} /> : null}
      {name === 'link' && editor ? <Later part={hyperlinkForm} props={{ editor, onClose }} /> : null}
    </Dialog>
  )
}

function OwnProfile({ session, onClose }: Pick<PageDialogProps, 'session' | 'onClose'>) {
  const self = usePeople(session).find((person) => person.self)
  return self ? <ProfileForm person={self} onDone={onClose} /> : null
}

function titleOf(name: DialogName, words: Words): string {
  switch (name) {
    case 'share':
      return words.shareTitle
    case 'shortcuts':
      return words.shortcuts
    case 'delete':
      return words.deleteTitle
    case 'link':
      return words.link
    case 'count':
      return words.count.title
    case 'profile':
      return words.profile
  }
}
