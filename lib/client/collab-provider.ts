import type * as Y from 'yjs'
import { type Clock, systemClock } from '#lib/protocol/clock.ts'
import type { ErrorCode } from '#lib/protocol/errors.ts'
import type { Joined } from '#lib/protocol/messages/join.ts'
import { encodePresenceSet } from '#lib/protocol/messages/presence.ts'
import { Connection } from './channel/connection.ts'
import type { Authenticate } from './channel/credential.ts'
import { DocumentSync } from './document-sync.ts'
import { Listeners } from './listeners.ts'
import { followPage } from './page-visibility.ts'
import {
  type DraftState,
  draftOf,
  type Peer,
  type ProviderEvents,
  type ProviderListener,
  type ProviderStatus,
  type SaveState,
  sameFields,
} from './provider-state.ts'
import type { Passes, Soon } from './receiving/incoming.ts'
import { LaterComparison } from './receiving/later-comparison.ts'
import type { ReplicaStore, SealedBatch } from './replica/replica-store.ts'
import { Roster } from './roster.ts'

export interface CollabProviderOptions {
  /** Origin of the server, such as `https://write.example.org`. */
  readonly url: string
  /** The document's address: the last segment of its link. */
  readonly address: string
  /** A new Y.Doc for this provider alone, with a client id that was never used before. */
  readonly doc: Y.Doc
  /** Fetches a short-lived socket token for every connection, and before a token expires. */
  readonly auth: Authenticate
  /** This page just created the document: typing is allowed before the first join. */
  readonly created?: boolean
  /** This browser's copy. Without it there is only memory. */
  readonly replica?: ReplicaStore | null
  /** Transports to try, in order. WebSocket first by default. */
  readonly transports?: readonly ('websocket' | 'polling')[]
  /** The document schema this client knows. Its own by default. */
  readonly schemaVersion?: number
  readonly clock?: Clock
  /**
   * Schedules when live remote edits are applied, all pending ones in one transaction; a page passes its animation
   * frames. By default they are applied as they arrive. Joins, acknowledgements and local edits never wait for it.
   */
  readonly soon?: Soon
  /** The batches passed to the `superseded` event of an earlier provider of this page. */
  readonly kept?: readonly SealedBatch[]
}

/** The state of this tab that other members see. */
export interface OwnPresence {
  readonly caret: Uint8Array | null
  readonly idle: boolean
}

/**
 * Keeps one Y.Doc in step with the server, in Node and in the browser. Connects by itself until destroyed. Its
 * properties hold its state; a change is announced by the event of the same name.
 */
export class CollabProvider {
  readonly doc: Y.Doc
  readonly #sync: DocumentSync
  readonly #connection: Connection
  readonly #roster = new Roster()
  readonly #listeners = new Listeners()
  readonly #replica: ReplicaStore | null
  #status: ProviderStatus
  #save: SaveState
  #synced = false
  #joined: Joined | null = null
  #setAside: readonly SealedBatch[] | null = null
  #draftBatches: readonly SealedBatch[]
  #draft: DraftState | null
  #presence: OwnPresence = { caret: null, idle: false }
  #waiters: { resolve: () => void; reject: (reason: Error) => void }[] = []
  readonly #comparison: LaterComparison
  #stopFollowing: (() => void) | null = null
  #stopRefreshing: (() => void) | null = null
  #destroyed = false

  constructor(options: CollabProviderOptions) {
    const { doc, address, created = false, replica = null, clock = systemClock } = options
    this.doc = doc
    this.#replica = replica
    this.#sync = new DocumentSync({
      doc,
      address,
      store: replica,
      clock,
      created,
      schemaVersion: options.schemaVersion,
      kept: options.kept,
      soon: options.soon,
      changed: this.#settle,
    })
    this.#connection = new Connection({
      url: options.url,
      auth: options.auth,
      clock,
      receiver: this.#sync.follower,
      transports: options.transports ?? ['websocket', 'polling'],
      onPresence: (diff) => {
        this.#roster.apply(diff)
        this.#listeners.tell('peers', this.#roster.peers)
      },
      onNotice: (code) => this.#listeners.tell('notice', code),
      onAsked: (asked) => this.#listeners.tell('asked', asked),
    })
    this.#comparison = new LaterComparison({
      doc,
      clock,
      copy: this.#sync.follower,
      onDiverged: () => this.#listeners.tell('diverged', undefined),
    })
    this.#status = this.#readStatus()
    this.#save = this.#sync.save
    const { draft } = this.#sync.edits
    this.#draftBatches = draft.batches
    this.#draft = draftOf(this.#draftBatches)
    void this.#start(address)
  }

  get status(): ProviderStatus {
    return this.#status
  }
  get save(): SaveState {
    return this.#save
  }
  /** The whole document is here and live. */
  get synced(): boolean {
    return this.#sync.synced
  }
  /** The Y.Doc shows what was set aside as the draft and must be replaced by a new one (event `superseded`). */
  get superseded(): boolean {
    const { role } = this.#sync.edits
    return role.superseded
  }
  /** Every edit from every tab of this browser is on disk at the server. */
  get saved(): boolean {
    const { save } = this.#sync
    return save.saved
  }
  get peers(): readonly Peer[] {
    return this.#roster.peers
  }
  /** Edits made here that may no longer be sent; null if there are none. */
  get draft(): DraftState | null {
    return this.#draft
  }

  /** Calls `listener` at each change; returns a function that unsubscribes it. */
  on<Event extends keyof ProviderEvents>(event: Event, listener: ProviderListener<Event>): () => void {
    return this.#listeners.add(event, listener)
  }

  /**
   * Resolves once every edit made here so far is acknowledged, that is, on disk at the server. Rejects if that
   * cannot happen.
   */
  flushed(): Promise<void> {
    if (this.#destroyed) return Promise.reject(new Error('the provider was destroyed'))
    if (this.superseded) return Promise.reject(new Error('refused: read-only'))
    const { refusal } = this.#sync.follower.state
    if (refusal) return Promise.reject(new Error(`refused: ${refusal.code}`))
    if (this.#sync.flushed) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /**
   * Holds back remote edits until released (composition, replay): all of them, or those that `passes` rejects.
   * Acknowledgements and presence continue. Released with `until`, edits are applied one update at a time until it
   * returns true, and are then held back again.
   */
  holdIncoming(passes?: Passes): (until?: () => boolean) => void {
    const { incoming } = this.#sync.follower
    return incoming.hold(passes)
  }

  /** Remote edits are held back because the user is composing. */
  get holding(): boolean {
    const { incoming } = this.#sync.follower
    return incoming.isHeld
  }

  /** Puts the draft back into the document if the user may edit again. Resolves when it is on its way. */
  takeBackDraft(): Promise<void> {
    return this.#sync.takeBackDraft()
  }

  /** Erases the draft from this browser. */
  discardDraft(): Promise<void> {
    return this.#sync.discardDraft()
  }

  /** Removes the document's history from this browser. Unsent edits stay. */
  forgetHistory(): Promise<void> {
    return this.#sync.forgetHistory()
  }

  /**
   * Asks the owner for a role. Resolves with null if they were asked, otherwise with the refusal's code. Rejects if
   * the server is unreachable.
   */
  async askToEdit(role: 'commenter' | 'editor'): Promise<ErrorCode | null> {
    const { room } = this.#sync.follower
    if (room === 0) return 'not-joined'
    const answer = await this.#connection.ask({ room, role })
    return answer.ok ? null : answer.code
  }

  /** The caret this tab last reported; null for none. */
  get caret(): Uint8Array | null {
    return this.#presence.caret
  }

  /** Reports this tab's caret and whether its user is away. */
  setPresence(presence: OwnPresence): void {
    this.#presence = presence
    this.#sendPresence()
  }

  /** Sends what waits, leaves the room, and releases socket, listeners and timers. Does not destroy the Y.Doc. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return
    const stored = this.#sync.destroy()
    this.#destroyed = true
    this.#stopFollowing?.()
    this.#stopRefreshing?.()
    this.#comparison.stop()
    this.#connection.close()
    for (const { reject } of this.#waiters.splice(0)) reject(new Error('the provider was destroyed'))
    this.#listeners.clear()
    await stored
  }

  async #start(address: string): Promise<void> {
    this.#stopFollowing = followPage(this.#sync, this.#connection)
    const stop = this.#replica?.onOutboxChange(address, () => void this.#sync.edits.refresh())
    this.#stopRefreshing = stop ?? null
    await this.#sync.load()
    if (this.#destroyed) return
    this.#connection.connect()
  }

  #sendPresence(): void {
    const { room } = this.#sync.follower
    if (room === 0) return
    const { caret, idle } = this.#presence
    this.#connection.sendPresence(encodePresenceSet({ room, idle, caret: caret ?? new Uint8Array(0) }))
  }

  /** Announces changes to the listeners, once per turn. */
  readonly #settle = (): void => {
    if (this.#destroyed) return
    this.#settleWaiters()
    const { joined } = this.#sync.follower.state
    if (joined && joined !== this.#joined) {
      this.#roster.setSelf(joined.member)
      this.#sendPresence()
      this.#comparison.joined()
    }
    this.#joined = joined
    const { peers } = this.#roster
    if (!this.#connection.connected && peers.length > 0) {
      this.#roster.clear()
      this.#listeners.tell('peers', this.#roster.peers)
    }
    const status = this.#readStatus()
    if (!sameFields(status, this.#status)) {
      this.#status = status
      this.#listeners.tell('status', status)
    }
    const { save, edits } = this.#sync
    const { setAside } = edits.role
    if (!sameFields(save, this.#save)) {
      this.#save = save
      this.#listeners.tell('save', save)
    }
    if (edits.draft.batches !== this.#draftBatches) {
      this.#draftBatches = edits.draft.batches
      this.#draft = draftOf(this.#draftBatches)
      this.#listeners.tell('draft', this.#draft)
    }
    if (this.synced !== this.#synced) {
      this.#synced = this.synced
      this.#listeners.tell('synced', this.#synced)
    }
    if (setAside && setAside !== this.#setAside) {
      this.#setAside = setAside
      this.#listeners.tell('superseded', setAside)
    }
  }

  #settleWaiters(): void {
    const { refusal } = this.#sync.follower.state
    const code = this.superseded ? 'read-only' : refusal?.code
    if (code) for (const { reject } of this.#waiters.splice(0)) reject(new Error(`refused: ${code}`))
    else if (this.#sync.flushed) for (const { resolve } of this.#waiters.splice(0)) resolve()
  }

  #readStatus(): ProviderStatus {
    const { follower, edits, mayType } = this.#sync
    const { problem, storageSlow, isStuck } = follower.state
    const connection = this.#connection
    const phase = this.#phase()
    // The user was signed out: until they sign in again, nothing they type can be sent.
    const signedOut = connection.hindrance === 'session-expired' && phase !== 'joined'
    return {
      phase,
      lostAt: connection.lostAt,
      transport: connection.transport,
      roundTripMs: connection.roundTripMs,
      problem: connection.problem ?? problem,
      hindrance: connection.hindrance ?? (edits.role.lapsed ? 'session-expired' : edits.delayed),
      opened: follower.opened,
      role: edits.role.current,
      lapsed: edits.role.lapsed,
      mayType: mayType && !signedOut,
      schemaTooOld: edits.schemaTooOld,
      storageSlow,
      isStuck,
      progress: follower.progress,
    }
  }

  #phase(): ProviderStatus['phase'] {
    const { phase, joined } = this.#sync.follower.state
    if (phase === 'ended' || this.#connection.problem) return 'ended'
    if (this.#connection.draining) return 'draining'
    if (!this.#connection.connected) return joined || this.#connection.lostAt !== null ? 'lost' : 'opening'
    if (phase === 'joined' || phase === 'merging') return phase
    return joined ? 'lost' : 'opening'
  }
}
