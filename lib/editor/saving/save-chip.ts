import type { ProviderStatus, SaveState } from '#lib/client/provider-state.ts'
import type { ErrorCode } from '#lib/protocol/errors.ts'
import { mayEdit } from '#lib/protocol/identity.ts'
import type { Notice } from '#lib/protocol/messages/notices.ts'
import type { Words } from '#lib/ui/words/page-words.ts'

/** The state of the chip in the header. `waitedMs`: age of the oldest edit that the server has not confirmed. */
export type SaveChip =
  | { readonly kind: PlainChip }
  | { readonly kind: 'reconnecting'; readonly mayType: boolean }
  | { readonly kind: 'offline'; readonly unsent: boolean }
  | { readonly kind: 'restarting'; readonly kept: boolean }
  /** The owner's storage is full. `own`: the user is the owner. */
  | { readonly kind: 'no-room'; readonly own: boolean }
  | { readonly kind: 'at-risk'; readonly waitedMs: number }

type PlainChip =
  | 'opening'
  | 'unreachable'
  | 'saved'
  | 'saving'
  | 'slow'
  | 'merging'
  | 'read-only'
  | 'link-changed'
  | 'deleted'
  | 'damaged'
  | 'replaced'
  | 'outdated'
  | 'refused'
  | 'full'
  | 'disk-low'
  | 'locked'
  | 'busy'
  | 'crowded'
  | 'held-back'
  | 'not-let-in'
  | 'stuck'
  | 'signed-out'
  | 'stopped'

/** The urgency of a state: its colour, and whether it interrupts a screen reader. */
export type ChipTone = 'ok' | 'quiet' | 'warn' | 'error'

/** The age of an unconfirmed edit after which the chip says that saving is slow, ms. */
const SLOW_AFTER = 3_000
/** The age of an unconfirmed edit on a live connection after which the chip warns, ms. */
const AT_RISK_AFTER = 30_000
/** The time without a connection after which the chip says offline, ms. */
const OFFLINE_AFTER = 10_000
/** The longest time without a connection that a restart explains, ms. After it the server is out of reach. */
const RESTART_LASTS = 15_000

/**
 * Returns the state of the chip. Pure: `now` in ms since the epoch; `browserOnline` is `navigator.onLine`. Returns
 * *saved* only if `save.saved` is true, and "on this device" only if the edits are stored there.
 */
export function saveChip(
  status: ProviderStatus,
  save: SaveState,
  now: number,
  browserOnline = true,
): SaveChip {
  if (status.phase === 'ended') return { kind: endedChip(status) }
  if (status.hindrance === 'session-expired' && (status.lapsed || status.phase !== 'joined'))
    return { kind: 'signed-out' }
  if (status.schemaTooOld) return { kind: 'outdated' }
  const waitedMs = save.saved || save.waitingSince === null ? 0 : Math.max(0, now - save.waitingSince)
  const kept = save.saved || isKept(save)
  const isRestarting = status.phase === 'draining' && now - (status.lostAt ?? now) < RESTART_LASTS
  // Only this tab holds the edit, and the server is not accepting it: warn early.
  if (!kept && waitedMs > SLOW_AFTER && !isRestarting) return { kind: 'at-risk', waitedMs }
  if (status.isStuck) return { kind: 'stuck' }
  switch (status.phase) {
    case 'opening':
      return hinderedChip(status, kept, now) ?? { kind: browserOnline ? 'opening' : 'unreachable' }
    case 'draining':
      return isRestarting ? { kind: 'restarting', kept } : lostChip(status, save, now, browserOnline)
    case 'lost':
      return hinderedChip(status, kept, now) ?? lostChip(status, save, now, browserOnline)
    case 'merging':
      return waitedMs > AT_RISK_AFTER ? { kind: 'at-risk', waitedMs } : { kind: 'merging' }
    case 'joined':
      return joinedChip(status, save, kept, waitedMs)
  }
}

/** Returns true if everything typed in this tab is in this browser's database, as far as the server lacks it. */
function isKept({ onDevice, local }: SaveState): boolean {
  return onDevice && local === 'ok'
}

/** Returns true if the server takes nothing more until somebody makes room. */
function lacksRoom({ hindrance }: ProviderStatus): boolean {
  return hindrance === 'owner-full' || hindrance === 'disk-low'
}

function joinedChip(status: ProviderStatus, save: SaveState, kept: boolean, waitedMs: number): SaveChip {
  if (status.role !== null && !mayEdit(status.role)) return { kind: 'read-only' }
  if (status.problem !== null) return { kind: status.problem === 'document-full' ? 'full' : 'refused' }
  if (save.saved) return { kind: 'saved' }
  // These last until somebody makes room, and nothing is lost meanwhile.
  if (kept && lacksRoom(status))
    return status.hindrance === 'disk-low'
      ? { kind: 'disk-low' }
      : { kind: 'no-room', own: status.role === 'owner' }
  if (waitedMs > AT_RISK_AFTER) return { kind: 'at-risk', waitedMs }
  if (status.hindrance === 'rate-limited' && save.onDevice) return { kind: 'busy' }
  const slow = waitedMs > SLOW_AFTER || (status.storageSlow && save.onDevice && save.local === 'ok')
  return { kind: slow ? 'slow' : 'saving' }
}

/**
 * Returns the state while the server is reachable but refuses the connection. Null if it gave no reason, or the
 * reason passes in a moment.
 */
function hinderedChip(status: ProviderStatus, kept: boolean, now: number): SaveChip | null {
  const kind = hinderedKind(status.hindrance)
  if (kind === 'restarting') return { kind, kept }
  // An expired token or a store that falters: the next attempt usually succeeds.
  const lasts = status.lostAt === null || now - status.lostAt >= OFFLINE_AFTER
  return kind === null || (kind === 'not-let-in' && !lasts) ? null : { kind }
}

function hinderedKind(hindrance: ErrorCode | null) {
  switch (hindrance) {
    case 'draining':
      return 'restarting'
    case 'too-many-connections':
      return 'crowded'
    case 'rate-limited':
      return 'held-back'
    case null:
    case 'session-expired':
      return null
    default:
      return 'not-let-in'
  }
}

function lostChip(status: ProviderStatus, save: SaveState, now: number, browserOnline: boolean): SaveChip {
  const away = status.lostAt === null ? 0 : now - status.lostAt
  const offline = away >= OFFLINE_AFTER || !browserOnline
  if (offline) return status.mayType ? { kind: 'offline', unsent: !save.saved } : { kind: 'unreachable' }
  return { kind: 'reconnecting', mayType: status.mayType }
}

function endedChip(status: ProviderStatus): PlainChip {
  switch (status.problem) {
    case 'not-found':
      return 'link-changed'
    case 'link-locked':
      return 'locked'
    case 'document-deleted':
      return 'deleted'
    case 'document-damaged':
      return 'damaged'
    case 'lineage-changed':
      return 'replaced'
    case 'protocol-version':
    case 'schema-too-old':
      return 'outdated'
    default:
      return 'stopped'
  }
}

/** Returns the sentence for a state. */
export function chipSentence(chip: SaveChip, words: Words): string {
  const say = words.chip
  switch (chip.kind) {
    case 'opening':
    case 'unreachable':
    case 'saved':
    case 'saving':
    case 'slow':
    case 'merging':
    case 'deleted':
    case 'damaged':
    case 'replaced':
    case 'outdated':
    case 'refused':
    case 'full':
    case 'locked':
    case 'busy':
    case 'crowded':
    case 'stuck':
    case 'stopped':
      return say[chip.kind]
    case 'held-back':
      return say.heldBack
    case 'disk-low':
      return say.diskLow
    case 'no-room':
      return chip.own ? say.noRoomOwn : say.noRoom
    case 'not-let-in':
      return say.notLetIn
    case 'signed-out':
      return say.signedOut
    case 'read-only':
      return say.readOnly
    case 'link-changed':
      return say.linkChanged
    case 'reconnecting':
      return chip.mayType ? say.reconnecting : say.reconnectingReadOnly
    case 'offline':
      return chip.unsent ? say.offline : say.offlineUnchanged
    case 'restarting':
      return chip.kept ? say.restarting : say.restartingAtRisk
    case 'at-risk':
      return say.atRisk(words.waited(chip.waitedMs))
  }
}

/** Returns the few words of the chip while a banner on the page says the sentence. */
export function chipLabel(chip: SaveChip, words: Words): string {
  switch (chip.kind) {
    case 'signed-out':
      return words.chip.isSignedOut
    case 'refused':
    case 'full':
      return words.chip.notSaved
    case 'no-room':
    case 'disk-low':
      return words.chip.onlyHere
    default:
      return words.chip.closed
  }
}

/** The reason for a banner on the page, or null if there is none. The chip does not repeat the banner's sentence. */
export type BannerReason = 'signed-out' | 'ended' | 'refused' | 'no-room'

export function bannerReason(status: ProviderStatus, save: SaveState): BannerReason | null {
  if (status.hindrance === 'session-expired' && (status.lapsed || status.phase !== 'joined'))
    return 'signed-out'
  if (status.phase === 'ended') return 'ended'
  if (status.phase !== 'joined' || save.saved) return null
  if (status.problem !== null) return 'refused'
  return isKept(save) && lacksRoom(status) ? 'no-room' : null
}

/**
 * How a screen reader speaks of a state: *warning* interrupts, *trouble* waits until the state has lasted, *well* is
 * said only after one of these, *nothing* passes without a word.
 */
export type ChipSpeech = 'warning' | 'trouble' | 'well' | 'nothing'

export function chipSpeech(chip: SaveChip): ChipSpeech {
  switch (chip.kind) {
    case 'saved':
    case 'read-only':
      return 'well'
    case 'slow':
    case 'busy':
      return 'nothing'
    default:
      break
  }
  const tone = chipTone(chip)
  return tone === 'error' ? 'warning' : tone === 'warn' ? 'trouble' : 'nothing'
}

/** Returns the sentence for a notice of the server about a page or an edit. Null if the chip says it. */
export function noticeSentence(code: Notice['code'], { notices }: Words): string | null {
  switch (code) {
    case 'schema-broken':
      return notices.schemaBroken
    case 'last-warning':
      return notices.lastWarning
    case 'storage-slow':
    case 'storage-ok':
      return null
  }
}

/** Returns the urgency of a state. */
export function chipTone(chip: SaveChip): ChipTone {
  switch (chip.kind) {
    case 'saved':
      return 'ok'
    case 'opening':
    case 'saving':
    case 'merging':
    case 'read-only':
    case 'reconnecting':
      return 'quiet'
    case 'slow':
    case 'busy':
    case 'disk-low':
    case 'crowded':
    case 'held-back':
    case 'not-let-in':
    case 'offline':
    case 'restarting':
    case 'unreachable':
    case 'outdated':
      return 'warn'
    case 'at-risk':
    case 'link-changed':
    case 'deleted':
    case 'damaged':
    case 'replaced':
    case 'refused':
    case 'no-room':
    case 'full':
    case 'locked':
    case 'signed-out':
    case 'stuck':
    case 'stopped':
      return 'error'
  }
}
