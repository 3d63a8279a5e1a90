'use client'

import { useId, useRef, useState } from 'react'
import type { Role } from '../protocol/identity.ts'
import { mayEdit } from '../protocol/identity.ts'
import { urlOf } from '../protocol/urls.ts'
import { copyText } from './copy-text.ts'
import { CheckIcon, LinkIcon } from './icons.tsx'
import { useAnnounce, useWords } from './interface.tsx'
import { Dialog } from './overlays.tsx'

interface ShareDialogProps {
  readonly address: string
  readonly role: Role | null
  readonly onClose: () => void
}

/** The link, and a button that copies it: where the focus begins. */
export function ShareDialog({ address, role, onClose }: ShareDialogProps) {
  const words = useWords()
  const announce = useAnnounce()
  const label = useId()
  const field = useRef<HTMLInputElement>(null)
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null)
  const link = urlOf(location.origin, { to: 'document', address })
  const copy = async () => {
    const copied = await copyText(link)
    setOutcome(copied ? 'copied' : 'refused')
    announce(copied ? words.linkCopied : words.copyFailed)
    if (!copied) field.current?.select()
  }
  return (
    <Dialog title={words.shareTitle} onClose={onClose}>
      <p className="share-who">{role !== null && !mayEdit(role) ? words.shareWhoView : words.shareWho}</p>
      <label htmlFor={label}>{words.shareLink}</label>
      <div className="share-row">
        <input
          id={label}
          ref={field}
          className="field share-link"
          readOnly
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" className="button share-copy" data-autofocus onClick={() => void copy()}>
          {outcome === 'copied' ? <CheckIcon size={16} /> : <LinkIcon size={16} />}
          {words.copy}
        </button>
      </div>
      <p className={`share-outcome${outcome === 'refused' ? ' is-refused' : ''}`}>
        {outcome === 'copied' ? words.linkCopied : null}
        {outcome === 'refused' ? words.copyFailed : null}
      </p>
    </Dialog>
  )
}
