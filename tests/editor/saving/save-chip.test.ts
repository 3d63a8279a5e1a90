import { describe, expect, test } from 'vitest'
import type { ProviderStatus, SaveState } from '#lib/client/provider-state.ts'
import {
  bannerReason,
  type ChipSpeech,
  chipLabel,
  chipSentence,
  chipSpeech,
  chipTone,
  noticeSentence,
  type SaveChip,
  saveChip,
} from '#lib/editor/saving/save-chip.ts'
import { ERROR_BANDS, type ErrorCode, isRetryable } from '#lib/protocol/errors.ts'
import { serverNotice } from '#lib/protocol/messages/notices.ts'
import { LANGUAGES } from '#lib/ui/words/language.ts'
import { wordsIn } from '#lib/ui/words/page-words.ts'

const NOW = 1_700_000_000_000

const live: ProviderStatus = {
  phase: 'joined',
  lostAt: null,
  transport: 'websocket',
  roundTripMs: 12,
  problem: null,
  hindrance: null,
  opened: true,
  role: 'editor',
  lapsed: false,
  mayType: true,
  schemaTooOld: false,
  storageSlow: false,
  isStuck: false,
  progress: null,
}
const saved: SaveState = {
  saved: true,
  onDevice: true,
  waitingSince: null,
  acknowledgedAt: NOW - 1000,
  local: 'ok',
}
/** Returns the state of an edit that has waited `ms` for the server and is stored on this device. */
const waiting = (ms: number, more: Partial<SaveState> = {}): SaveState => ({
  ...saved,
  saved: false,
  waitingSince: NOW - ms,
  ...more,
})
const lost = (ms: number, more: Partial<ProviderStatus> = {}): ProviderStatus => ({
  ...live,
  phase: 'lost',
  lostAt: NOW - ms,
  transport: null,
  ...more,
})

function kind(status: Partial<ProviderStatus>, save: SaveState, online = true): SaveChip['kind'] {
  return saveChip({ ...live, ...status }, save, NOW, online).kind
}

describe('the chip says', () => {
  test.each<[string, SaveChip['kind'], Partial<ProviderStatus>, SaveState]>([
    ['opening before the first join', 'opening', { phase: 'opening', role: null, mayType: false }, saved],
    ['saved with an empty outbox', 'saved', {}, saved],
    ['saving up to 3 s', 'saving', {}, waiting(2_900)],
    ['slow after 3 s', 'slow', {}, waiting(3_100)],
    ['slow until 30 s', 'slow', {}, waiting(29_900)],
    ['slow at once when the server says its storage is', 'slow', { storageSlow: true }, waiting(100)],
    ['at risk after 30 s on a live connection', 'at-risk', {}, waiting(30_100)],
    ['at risk after 30 s while merging', 'at-risk', { phase: 'merging' }, waiting(30_100)],
    ['reconnecting for the first 10 s', 'reconnecting', lost(9_900), waiting(9_000)],
    ['offline from 10 s on', 'offline', lost(10_000), waiting(9_000)],
    ['offline for hours: the words are on this device', 'offline', lost(9_000_000), waiting(8_000_000)],
    ['merging after coming back', 'merging', { phase: 'merging' }, waiting(9_000)],
    ['read-only to a viewer', 'read-only', { role: 'viewer', mayType: false }, saved],
    ['read-only to a commenter', 'read-only', { role: 'commenter', mayType: false }, saved],
    ['restarting while the server drains', 'restarting', { phase: 'draining' }, waiting(5_000)],
    [
      'restarting while a restart may take so long',
      'restarting',
      lost(14_900, { phase: 'draining' }),
      waiting(9_000),
    ],
    [
      'offline once the server has been away longer than a restart takes',
      'offline',
      lost(15_000, { phase: 'draining' }),
      waiting(9_000),
    ],
    [
      'that the server is out of reach, to a viewer, after that time',
      'unreachable',
      lost(36_000, { phase: 'draining', role: 'viewer', mayType: false }),
      saved,
    ],
    [
      'restarting for as long as the server itself says so',
      'restarting',
      lost(36_000, { hindrance: 'draining' }),
      saved,
    ],
    [
      'link changed when access was withdrawn',
      'link-changed',
      { phase: 'ended', problem: 'not-found' },
      saved,
    ],
    ['deleted', 'deleted', { phase: 'ended', problem: 'document-deleted' }, saved],
    [
      'outdated when the document has a newer schema',
      'outdated',
      { schemaTooOld: true, mayType: false },
      saved,
    ],
    ['locked when the link has a password now', 'locked', { phase: 'ended', problem: 'link-locked' }, saved],
    ['full when the document is', 'full', { problem: 'document-full' }, waiting(10)],
    [
      'that the owner has no room, for as long as that lasts',
      'no-room',
      { hindrance: 'owner-full' },
      waiting(300_000),
    ],
    ['that the disk is almost full', 'disk-low', { hindrance: 'disk-low' }, waiting(300_000)],
    ['saved although there was no room before', 'saved', { hindrance: 'owner-full' }, saved],
    [
      'at risk if there is no room and only the tab has the words',
      'at-risk',
      { hindrance: 'owner-full' },
      { ...waiting(9_000), onDevice: false },
    ],
    ['busy when too much came at once', 'busy', { hindrance: 'rate-limited' }, waiting(100)],
    [
      'crowded when too many tabs are open',
      'crowded',
      lost(50, { hindrance: 'too-many-connections' }),
      saved,
    ],
    [
      'signed out when the token was not renewed',
      'signed-out',
      { lapsed: true, hindrance: 'session-expired', role: 'viewer', mayType: false },
      waiting(100),
    ],
    ['saving while a renewal is only late', 'saving', { hindrance: 'session-expired' }, waiting(100)],
    [
      'stuck when the page cannot apply what the server sends',
      'stuck',
      { phase: 'lost', isStuck: true },
      saved,
    ],
    ['refused when an edit was', 'refused', { problem: 'invalid-update' }, waiting(10)],
  ])('%s', (_fact, expected, status, save) => {
    expect(kind(status, save)).toBe(expected)
  })

  test('offline immediately when the browser itself is offline', () => {
    expect(kind(lost(10), saved, false)).toBe('offline')
  })

  test('at risk early when only this tab holds the edit', () => {
    expect(kind({}, waiting(3_100, { local: 'failing' }))).toBe('at-risk')
    expect(kind(lost(60_000), waiting(50_000, { local: 'absent', onDevice: false }))).toBe('at-risk')
    expect(kind({}, waiting(100, { local: 'absent', onDevice: false }))).toBe('saving')
  })

  test('that it cannot open, not that typing is possible, while a document was never loaded', () => {
    expect(kind(lost(20_000, { mayType: false }), saved)).toBe('unreachable')
    expect(saveChip(lost(10, { mayType: false }), saved, NOW)).toEqual({
      kind: 'reconnecting',
      mayType: false,
    })
  })
})

test('saved is never said while something is not: every phase, role, age and local store', () => {
  const phases = ['opening', 'joined', 'merging', 'lost', 'draining', 'ended'] as const
  for (const phase of phases)
    for (const role of ['viewer', 'editor', 'owner', null] as const)
      for (const age of [0, 2_000, 9_000, 40_000])
        for (const local of ['ok', 'failing', 'absent'] as const)
          for (const onDevice of [true, false]) {
            const chip = saveChip(
              { ...live, phase, role, lostAt: phase === 'lost' ? NOW - age : null },
              waiting(age, { local, onDevice }),
              NOW,
            )
            expect(chip.kind).not.toBe('saved')
          }
})

test('"on this device" is never said of words that are not', () => {
  for (const phase of ['joined', 'lost', 'draining'] as const)
    for (const save of [waiting(5_000, { onDevice: false }), waiting(5_000, { local: 'failing' })]) {
      const chip = saveChip({ ...live, phase, lostAt: NOW - 20_000 }, save, NOW)
      expect(chipSentence(chip, wordsIn('en'))).not.toContain('device')
    }
})

const CODES = Object.keys(ERROR_BANDS) as ErrorCode[]

test('every way a connection can end has a sentence of its own tone', () => {
  for (const problem of CODES) {
    const chip = saveChip({ ...live, phase: 'ended', problem }, saved, NOW)
    for (const language of LANGUAGES) expect(chipSentence(chip, wordsIn(language))).not.toBe('')
    expect(['warn', 'error']).toContain(chipTone(chip))
  }
})

describe('who is not let in is told so, and not that the server is away', () => {
  // The client and the server settle these two between them.
  const codes = CODES.filter((code) => isRetryable(code) && code !== 'gap' && code !== 'rewind')
  const away = ['opening', 'unreachable', 'reconnecting', 'offline', 'saved']

  test.each(codes)('%s', (hindrance) => {
    const refused: ProviderStatus[] = [
      lost(20_000, { hindrance }),
      lost(20_000, { hindrance, phase: 'opening', mayType: false }),
      // The connection is up, but the join is refused.
      { ...live, phase: 'opening', hindrance },
    ]
    for (const status of refused)
      for (const language of LANGUAGES) {
        const chip = saveChip(status, saved, NOW)
        expect(away).not.toContain(chip.kind)
        expect(chipSentence(chip, wordsIn(language))).not.toBe('')
      }
  })

  test('a token that has just ended, or a store that stumbles, is not told of', () => {
    for (const hindrance of ['unauthenticated', 'storage-failed', 'internal'] as const)
      expect(kind(lost(3_000, { hindrance }), saved)).toBe('reconnecting')
  })
})

describe('a screen reader', () => {
  test.each<[SaveChip, ChipSpeech]>([
    [{ kind: 'saving' }, 'nothing'],
    [{ kind: 'slow' }, 'nothing'],
    [{ kind: 'reconnecting', mayType: true }, 'nothing'],
    [{ kind: 'merging' }, 'nothing'],
    [{ kind: 'saved' }, 'well'],
    [{ kind: 'offline', unsent: true }, 'trouble'],
    [{ kind: 'restarting', kept: true }, 'trouble'],
    [{ kind: 'at-risk', waitedMs: 60_000 }, 'warning'],
    [{ kind: 'stuck' }, 'warning'],
  ])('hears of %j: %s', (chip, expected) => {
    expect(chipSpeech(chip)).toBe(expected)
  })

  test('hears why a document is closed from the banner, and the chip says less', () => {
    for (const language of LANGUAGES) {
      const words = wordsIn(language)
      for (const problem of ['not-found', 'document-deleted', 'link-locked', 'document-damaged'] as const) {
        const status = { ...live, phase: 'ended', problem } as const
        const chip = saveChip(status, saved, NOW)
        expect(bannerReason(status, saved)).toBe('ended')
        expect(chipLabel(chip, words).length).toBeLessThan(chipSentence(chip, words).length)
      }
      for (const hindrance of ['owner-full', 'disk-low'] as const) {
        const status = { ...live, hindrance }
        expect(bannerReason(status, waiting(10))).toBe('no-room')
        expect(chipLabel(saveChip(status, waiting(10), NOW), words)).toBe(words.chip.onlyHere)
        expect(bannerReason(status, saved)).toBeNull()
        // Then the chip warns that only the tab has the words.
        expect(bannerReason(status, { ...waiting(10), onDevice: false })).toBeNull()
      }
      const refused = { ...live, problem: 'invalid-update' } as const
      expect(bannerReason(refused, waiting(10))).toBe('refused')
      expect(chipLabel(saveChip(refused, waiting(10), NOW), words)).toBe(words.chip.notSaved)
      expect(bannerReason(refused, saved)).toBeNull()
    }
  })
})

test('every notice of the server has a sentence, or is the chip’s', () => {
  const chips = ['storage-slow', 'storage-ok']
  for (const code of serverNotice.json.entries.code.options)
    for (const language of LANGUAGES)
      expect(noticeSentence(code, wordsIn(language)) === null, code).toBe(chips.includes(code))
})

test('the sentences are those of the table, in both languages', () => {
  const minute = saveChip(live, waiting(61_000), NOW)
  expect(chipSentence(minute, wordsIn('en'))).toBe(
    'Not saved on the server for 1 min. Copy or download to be safe.',
  )
  expect(chipSentence(minute, wordsIn('zh-TW'))).toBe('已 1 分鐘未存到伺服器，請先複製或下載。')
  const slow = saveChip(live, waiting(4_000), NOW)
  expect(chipSentence(slow, wordsIn('en'))).toBe('Saving is slow — kept on this device')
  expect(chipSentence(slow, wordsIn('zh-TW'))).toBe('儲存較慢，已先存在這台裝置')
})
