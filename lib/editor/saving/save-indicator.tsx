'use client'

import { useEffect, useRef, useState } from 'react'
import type { ProviderStatus, SaveState } from '#lib/client/provider-state.ts'
import { CheckIcon, OfflineIcon, SyncIcon, WarnIcon } from '#lib/ui/icons.tsx'
import { useAnnounce, useWords } from '#lib/ui/interface.tsx'
import { Later } from '#lib/ui/loaded-later.tsx'
import { Popover } from '#lib/ui/overlays.tsx'
import type { DocumentSession } from '../session/document-session.ts'
import { useBrowserOnline, useNow, useSave, useStatus } from '../session/use-provider.ts'
import { AccessChip } from './access-chip.tsx'
import { copyButtons } from './copies.ts'
import {
  bannerReason,
  chipLabel,
  chipSentence,
  chipSpeech,
  chipTone,
  type SaveChip,
  saveChip,
} from './save-chip.ts'

/** A new state is shown once it has lasted this long, ms. */
const SETTLE = 500
/** Trouble is spoken once it has been shown this long, ms. */
const SPEAK_AFTER = 2_000

const AT_ONCE: ReadonlySet<SaveChip['kind']> = new Set(['read-only', 'signed-out'])

/** Returns the state of the chip to show: debounced, but never *saved* while something is not. */
function useShownChip(session: DocumentSession): SaveChip {
  const status = useStatus(session.provider)
  const save = useSave(session.provider)
  const online = useBrowserOnline()
  const now = useNow(!save.saved || status.phase !== 'joined')
  const actual = saveChip(status, save, Math.max(now, Date.now()), online)
  const [shown, setShown] = useState<SaveChip>(actual)
  const latest = useRef(actual)
  latest.current = actual
  const settle = settleTime(shown, actual)
  const { kind } = actual
  // biome-ignore lint/correctness/useExhaustiveDependencies: every change of the kind starts the wait anew
  useEffect(() => {
    const timer = setTimeout(() => setShown(latest.current), settle)
    return () => clearTimeout(timer)
  }, [kind, settle])
  // For the same state, show its latest figures. A promise that no longer holds is withdrawn immediately.
  return actual.kind === shown.kind || shown.kind === 'saved' ? actual : shown
}

function settleTime(shown: SaveChip, actual: SaveChip): number {
  // No delay when opening ends or the right to edit changes: two parts of the page must not show different states.
  const atOnce = AT_ONCE.has(actual.kind) || shown.kind === 'opening' || shown.kind === 'read-only'
  return shown.kind === actual.kind || atOnce ? 0 : SETTLE
}

/**
 * Announces trouble that lasts, and that it is over. Not each save: typing must not fill the screen reader's speech. A
 * banner speaks for itself.
 */
function useSpokenChip(chip: SaveChip, hasBanner: boolean): void {
  const words = useWords()
  const announce = useAnnounce()
  const wasTrouble = useRef(false)
  const latest = useRef({ chip, words, announce })
  latest.current = { chip, words, announce }
  const speech = hasBanner ? 'banner' : chipSpeech(chip)
  const { kind } = chip
  // biome-ignore lint/correctness/useExhaustiveDependencies: each kind of trouble is spoken, its figures are not
  useEffect(() => {
    if (speech === 'nothing') return
    if (speech === 'banner') wasTrouble.current = true
    if (speech === 'well' && wasTrouble.current) {
      wasTrouble.current = false
      latest.current.announce(latest.current.words.chip.back)
    }
    if (speech !== 'warning' && speech !== 'trouble') return
    const speak = () => {
      wasTrouble.current = true
      const { chip, words, announce } = latest.current
      announce(chipSentence(chip, words), speech === 'warning' ? 'assertive' : 'polite')
    }
    const timer = setTimeout(speak, speech === 'warning' ? 0 : SPEAK_AFTER)
    return () => clearTimeout(timer)
  }, [speech, kind])
}

/** The chip in the header and the popover beneath it. */
export function SaveIndicator({ session }: { session: DocumentSession }) {
  const words = useWords()
  const chip = useShownChip(session)
  const status = useStatus(session.provider)
  const save = useSave(session.provider)
  const hasBanner = bannerReason(status, save) !== null
  const tone = chipTone(chip)
  const sentence = hasBanner ? chipLabel(chip, words) : chipSentence(chip, words)
  useSpokenChip(chip, hasBanner)
  if (chip.kind === 'read-only')
    return (
      <div className="save" data-save={chip.kind}>
        <AccessChip session={session} />
      </div>
    )
  return (
    <div className="save" data-save={chip.kind} data-tone={tone}>
      <Popover
        label={words.labelled(words.save.button, sentence)}
        buttonClass={`chip chip-${tone}`}
        button={
          <>
            <ChipSign chip={chip} />
            <span className="chip-words">{sentence}</span>
          </>
        }
      >
        {() => <SavePath session={session} />}
      </Popover>
    </div>
  )
}

function ChipSign({ chip }: { chip: SaveChip }) {
  switch (chip.kind) {
    case 'saved':
      return <CheckIcon size={15} />
    case 'offline':
    case 'unreachable':
    case 'restarting':
      return <OfflineIcon size={16} />
    case 'opening':
    case 'saving':
    case 'slow':
    case 'busy':
    case 'reconnecting':
    case 'merging':
      return <SyncIcon size={15} />
    default:
      return <WarnIcon size={16} />
  }
}

function SavePath({ session }: { session: DocumentSession }) {
  const words = useWords()
  const save = useSave(session.provider)
  const status = useStatus(session.provider)
  return (
    <div className="save-path">
      <h2>{words.save.heading}</h2>
      <ol>
        <Step done name="tab" label={words.save.inTab} />
        <Step done={save.onDevice} name="device" label={words.save.onDevice} />
        <Step
          done={save.saved}
          name="server"
          label={words.save.onServer}
          detail={save.saved && save.acknowledgedAt !== null ? clockTime(save.acknowledgedAt) : ''}
        />
      </ol>
      <LocalNote save={save} />
      <dl>
        <dt>{words.save.connection}</dt>
        <dd>{connectionWords(status, words.save)}</dd>
      </dl>
      <div className="save-path-copies">
        <h2>{words.save.download}</h2>
        <Later part={copyButtons} props={{ session }} />
      </div>
    </div>
  )
}

function Step({
  done,
  name,
  label,
  detail = '',
}: {
  done: boolean
  name: string
  label: string
  detail?: string
}) {
  const words = useWords()
  return (
    <li data-step={name} data-done={done}>
      <span className="step-sign">{done ? <CheckIcon size={14} /> : <span className="step-waiting" />}</span>
      <span>{label}</span>
      <span className="visually-hidden">{done ? words.save.done : words.save.waiting}</span>
      {detail === '' ? null : <time className="step-detail">{detail}</time>}
    </li>
  )
}

function LocalNote({ save }: { save: SaveState }) {
  const words = useWords()
  if (save.local === 'ok') return null
  return (
    <p className="note note-warn">
      {save.local === 'absent' ? words.save.onlyInTab : words.save.localFailing}
    </p>
  )
}

function connectionWords(
  status: ProviderStatus,
  say: { websocket: string; polling: string; none: string; roundTrip: (ms: number) => string },
): string {
  if (status.transport === null || status.lostAt !== null) return say.none
  const name = status.transport === 'websocket' ? say.websocket : say.polling
  return status.roundTripMs === null ? name : `${name} · ${say.roundTrip(status.roundTripMs)}`
}

function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}
