import { pathOf } from '#lib/protocol/urls.ts'
import { useWords } from '#lib/ui/interface.tsx'
import { Later } from '#lib/ui/loaded-later.tsx'
import type { DocumentSession } from '../session/document-session.ts'
import { useDraft, useSave, useStatus } from '../session/use-provider.ts'
import { copyButtons } from './copies.ts'
import { bannerReason, chipSentence, saveChip } from './save-chip.ts'

/** Tells the person what they can still do with edits that will no longer reach the server. */
export function UnsentBanner({ session }: { session: DocumentSession }) {
  const words = useWords()
  const status = useStatus(session.provider)
  const save = useSave(session.provider)
  // Edits that were set aside have their own card, which says where they are.
  const hasDraft = useDraft(session.provider) !== null
  const reason = bannerReason(status, save)
  if (reason === null) return null
  const signedOut = reason === 'signed-out'
  const ended = reason === 'ended'
  const gone = ended && (status.problem === 'not-found' || status.problem === 'document-deleted')
  const why = chipSentence(saveChip(status, save, Date.now()), words)
  const hasNoRoom = reason === 'no-room'
  const isUnsent = !save.saved && !hasDraft && !signedOut && !hasNoRoom
  const sentences = isUnsent ? [why, words.unsent] : gone ? [why, words.access.asItWas] : [why]
  return (
    <div className="banner banner-warn" role="alert">
      <p>{words.sentences(sentences)}</p>
      <div className="button-row">
        {signedOut ? (
          <a className="button" href={pathOf({ to: 'sign-in' })} target="_blank" rel="noopener">
            {words.access.signIn}
          </a>
        ) : null}
        {hasNoRoom && status.role === 'owner' && status.hindrance === 'owner-full' ? (
          <a className="button" href={pathOf({ to: 'front' })} target="_blank" rel="noopener">
            {words.toDocuments}
          </a>
        ) : null}
        {(signedOut || ended) && !gone ? (
          <button
            type="button"
            className={signedOut ? 'button button-quiet' : 'button'}
            onClick={() => location.reload()}
          >
            {words.reload}
          </button>
        ) : null}
        <Later part={copyButtons} props={{ session }} />
      </div>
    </div>
  )
}
