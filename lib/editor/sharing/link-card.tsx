'use client'

import { useEffect, useId, useRef, useState } from 'react'
import type { SharedLink, SharingOverview } from '#lib/protocol/sharing.ts'
import { urlOf } from '#lib/protocol/urls.ts'
import { copyText } from '#lib/ui/copy-text.ts'
import { CheckIcon, LinkIcon } from '#lib/ui/icons.tsx'
import { useAnnounce, useWords } from '#lib/ui/interface.tsx'
import { Later, laterPart } from '#lib/ui/loaded-later.tsx'
import { shownRole } from '#lib/ui/offered-roles.ts'
import type { Sharing } from './sharing.ts'
import { changeLink, renewLink } from './sharing-client.ts'

const qrCode = laterPart(() => import('#lib/ui/qr-code.tsx').then((module) => module.QrCode))

interface LinkCardProps {
  readonly sharing: Sharing
  readonly link: SharedLink
  /** Gives its Copy button the focus, unless the panel has the focus already. */
  readonly first?: boolean
}

/** One link: to copy, to show as a QR code, and for the owner to restrict or to replace. */
export function LinkCard({ sharing, link, first = false }: LinkCardProps) {
  const { words, overview } = sharing
  const label = useId()
  const [open, setOpen] = useState<'qr' | 'settings' | null>(null)
  const url = urlOf(location.origin, { to: 'document', address: link.address })
  const toggle = (part: 'qr' | 'settings') => setOpen(open === part ? null : part)
  const bounds = [
    ...(link.expiresAt === null ? [] : [words.expiresOn(lastDay(link.expiresAt))]),
    ...(link.hasPassword ? [words.passwordSet] : []),
  ]
  return (
    <div className="link-card">
      <label htmlFor={label}>{first ? words.link : words.linkOf[shownRole(link.role)]}</label>
      <CopyRow id={label} url={url} first={first} sharing={sharing} />
      {bounds.length > 0 ? <p className="link-bounds">{bounds.join(' · ')}</p> : null}
      <div className="link-parts">
        <button
          type="button"
          className="text-button"
          aria-expanded={open === 'qr'}
          onClick={() => toggle('qr')}
        >
          {open === 'qr' ? words.hideQr : words.showQr}
        </button>
        {overview.role === 'owner' ? (
          <button
            type="button"
            className="text-button"
            aria-expanded={open === 'settings'}
            onClick={() => toggle('settings')}
          >
            {words.settings}
          </button>
        ) : null}
      </div>
      {open === 'qr' ? (
        <Later part={qrCode} props={{ link: url, label: words.qrLabel }} waiting="qr-code" />
      ) : null}
      {open === 'settings' ? <LinkSettings sharing={sharing} link={link} /> : null}
    </div>
  )
}

interface CopyRowProps {
  readonly id: string
  readonly url: string
  readonly first: boolean
  readonly sharing: Sharing
}

function CopyRow({ id, url, first, sharing: { words } }: CopyRowProps) {
  const pageWords = useWords()
  const announce = useAnnounce()
  const field = useRef<HTMLInputElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  /** The link that was copied: its replacement was not. */
  const [copied, setCopied] = useState<string | null>(null)
  const [refused, setRefused] = useState(false)
  useEffect(() => {
    // Not when another link becomes the first: a keyboard user who chose that stays at the choice.
    if (!first || button.current?.closest('.share')?.contains(document.activeElement)) return
    button.current?.focus()
  }, [first])
  const copy = async () => {
    const done = await copyText(url)
    setCopied(done ? url : null)
    setRefused(!done)
    announce(done ? words.copied : pageWords.copyFailed)
    if (!done) field.current?.select()
  }
  return (
    <>
      <div className="share-row">
        <input
          id={id}
          ref={field}
          className="field share-link"
          readOnly
          value={url}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button
          ref={button}
          type="button"
          className={first ? 'button share-copy' : 'button button-quiet share-copy'}
          onClick={() => void copy()}
        >
          {copied === url ? <CheckIcon size={16} /> : <LinkIcon size={16} />}
          {words.copy}
        </button>
      </div>
      {copied === url ? <p className="share-outcome">{words.copied}</p> : null}
      {refused ? <p className="share-outcome is-refused">{pageWords.copyFailed}</p> : null}
    </>
  )
}

/** The settings for the owner: expiry, password and replacement. */
function LinkSettings({ sharing, link }: { sharing: Sharing; link: SharedLink }) {
  return (
    <div className="link-settings">
      <Expiry sharing={sharing} link={link} />
      <Password sharing={sharing} link={link} />
      <Renewal sharing={sharing} link={link} />
    </div>
  )
}

interface PartProps {
  readonly sharing: Sharing
  readonly link: SharedLink
}

function Expiry({ sharing: { address, words, change }, link }: PartProps) {
  const id = useId()
  const { role, expiresAt } = link
  const set = (at: number | null) =>
    change(
      () => changeLink(address, role, { expiresAt: at }),
      at === null ? words.neverExpires : words.expiresOn(lastDay(at)),
    )
  return (
    <div className="link-setting">
      <label htmlFor={id}>{words.expires}</label>
      <div className="share-row">
        <input
          id={id}
          type="date"
          className="field"
          min={dayOf(Date.now())}
          value={expiresAt === null ? '' : lastDay(expiresAt)}
          aria-describedby={`${id}-hint`}
          onChange={(event) => {
            const at = endOf(event.currentTarget.value)
            if (at !== null && at > Date.now()) void set(at)
          }}
        />
        {expiresAt === null ? null : (
          <button type="button" className="button button-quiet" onClick={() => void set(null)}>
            {words.removeExpiry}
          </button>
        )}
      </div>
      <p id={`${id}-hint`} className="link-hint">
        {expiresAt === null ? words.neverExpires : words.expiryHint}
      </p>
    </div>
  )
}

function Password({ sharing: { address, words, change }, link }: PartProps) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const set = async (password: string | null) => {
    const done = await change(() => changeLink(address, link.role, { password }), words.saved)
    if (done && field.current) field.current.value = ''
  }
  return (
    <form
      className="link-setting"
      onSubmit={(event) => {
        event.preventDefault()
        const typed = field.current?.value ?? ''
        if (typed !== '') void set(typed)
      }}
    >
      <label htmlFor={id}>{link.hasPassword ? words.passwordNew : words.password}</label>
      <div className="share-row">
        <input
          id={id}
          ref={field}
          type="password"
          className="field"
          maxLength={200}
          autoComplete="new-password"
          aria-describedby={`${id}-hint`}
        />
        <button type="submit" className="button button-quiet">
          {words.passwordSave}
        </button>
        {link.hasPassword ? (
          <button type="button" className="button button-quiet" onClick={() => void set(null)}>
            {words.passwordRemove}
          </button>
        ) : null}
      </div>
      <p id={`${id}-hint`} className="link-hint">
        {link.hasPassword ? words.passwordSet : words.passwordHint}
      </p>
    </form>
  )
}

/** Replaces a link. The first press explains what will happen, the second does it. */
function Renewal({ sharing: { overview, address, words, change }, link }: PartProps) {
  const announce = useAnnounce()
  const [asking, setAsking] = useState(false)
  const [outcome, setOutcome] = useState('')
  const cancel = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (asking) cancel.current?.focus()
  }, [asking])
  const renew = async () => {
    setAsking(false)
    let said = ''
    const done = await change(async () => {
      said = words.renewed((await renewLink(address, link.role)).disconnected)
    }, '')
    if (!done) return
    setOutcome(said)
    announce(said)
  }
  if (!asking)
    return (
      <div className="link-setting">
        <button type="button" className="button button-quiet" onClick={() => setAsking(true)}>
          {words.renew}
        </button>
        {outcome === '' ? null : <p className="share-outcome">{outcome}</p>}
      </div>
    )
  return (
    <div className="link-setting link-ask" role="alertdialog" aria-label={words.renew}>
      <p>{words.renewAsk(leaving(overview, link, address))}</p>
      <div className="button-row">
        <button ref={cancel} type="button" className="button button-quiet" onClick={() => setAsking(false)}>
          {words.cancel}
        </button>
        <button type="button" className="button button-danger" onClick={() => void renew()}>
          {words.renew}
        </button>
      </div>
    </div>
  )
}

/** Returns how many people would be disconnected: the owner and people with a role of their own stay. */
function leaving({ people }: SharingOverview, { connected, address }: SharedLink, own: string): number {
  const byLinks = people.filter(({ via, present }) => via === 'link' && present).length
  return Math.min(byLinks, connected - Number(address === own))
}

/** Returns the local day of a moment in the format of a date field. */
function dayOf(at: number): string {
  const date = new Date(at)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Returns the last day on which a link that ends at `at` still opens. */
function lastDay(at: number): string {
  return dayOf(at - 1)
}

/** Returns the end of a day of the date field, local time, or null if it is not a day. */
function endOf(day: string): number | null {
  const [year, month, date] = day.split('-').map(Number)
  return year && month && date ? new Date(year, month - 1, date + 1).getTime() : null
}
